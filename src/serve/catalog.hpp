// The models and libraries that the service offers, by the names that its users see.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "serve/library_listing.hpp"

namespace lorahub::serve {

// What a name stands for, as --model and --library of `lorahub adapt` take it: a piece, a folder or
// a published name.
using NamedWords = std::map<std::string, std::string>;

// Several threads may call any function.
class Catalog {
 public:
  // `open`: libraries that take modules of others. Error where a model or library is not there, or
  // can't be open.
  Catalog(NamedWords models, NamedWords libraries, std::set<std::string> open = {});

  const NamedWords& models() const { return models_; }
  const NamedWords& libraries() const { return libraries_; }
  bool is_open(const std::string& library) const { return open_.contains(library); }
  // The word of a name; "" stands for the only one. Error naming the nearest where there is none.
  const std::string& model(const std::string& name) const;
  const std::string& library(const std::string& name) const;
  // The name itself; the only one where it is "". Error as above.
  std::string model_name(const std::string& name) const;
  std::string library_name(const std::string& name) const;
  std::vector<std::string> names(const std::string& library) const;  // of its modules
  std::string folder(const std::string& library) const;
  // Whether the model can be found now, and whether the library has modules now: their files may go
  // while the service runs. True for "".
  bool has_model(const std::string& name) const;
  bool has_modules(const std::string& library) const;
  // A sentence in which models and libraries stand by their names, not by where they lie.
  std::string by_names(std::string sentence) const;

  struct ListedModule {
    std::string name, task, base, license, sha256;
    long rank = 0;
    unsigned long bytes = 0, self_tests = 0;
  };
  struct Page {
    std::vector<ListedModule> modules;
    size_t total = 0;  // that the query finds
  };
  // Modules by name, as their files are now. Of those that are not on the page only names are up to
  // date; what has changed within their folders shows after the next round of look_on().
  Page page(const std::string& library, const lora::IndexQuery& query) const;
  std::optional<ListedModule> find(const std::string& library, const std::string& module) const;
  bool has(const std::string& library, const std::string& module) const {
    return find(library, module).has_value();
  }
  // Error naming the nearest module where the library has no such one.
  void check_module(const std::string& library, const std::string& module) const;
  size_t count(const std::string& library) const;

  // Takes in that this module is new, has changed or is gone, and returns it as find() does.
  std::optional<ListedModule> look_at(const std::string& library, const std::string& module) const;
  // Looks at the next modules of libraries that were asked for; returns whether there is more to be
  // done now. One thread may call it.
  bool look_on() const;

 private:
  const LibraryListing& listing(const std::string& library) const;
  NamedWords models_, libraries_;
  std::map<std::string, std::string> places_;  // names of folders, which may be gone by now
  std::set<std::string> open_;
  std::map<std::string, LibraryListing> listings_;  // by the names of the libraries
};

// What others call a model: names go out, and where a model lies on this machine does not.
std::string public_name(const std::string& base);

// The word by which a command line on another machine names it: the piece, or the name of a path.
std::string shown_word(const std::string& name, const std::string& word);

// A sentence without the place of a library's folder, which is not for those who ask.
std::string without_folder(std::string sentence, const std::string& folder);

// "NAME=PATH", or a word that is its own name. Error where a name is given twice.
NamedWords words_of(const std::vector<std::string>& options, const std::string& option);

}  // namespace lorahub::serve
