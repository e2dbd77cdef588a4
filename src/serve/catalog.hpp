// The models and libraries that the service offers, by the names that its users see.
#pragma once
#include <map>
#include <string>
#include <vector>

namespace lorahub::serve {

// What a name stands for, as --model and --library of `lorahub adapt` take it: a piece, a folder or
// a published name.
using NamedWords = std::map<std::string, std::string>;

class Catalog {
 public:
  // Error where a model or library is not there.
  Catalog(NamedWords models, NamedWords libraries);

  const NamedWords& models() const { return models_; }
  const NamedWords& libraries() const { return libraries_; }
  // The word of a name; "" stands for the only one. Error naming the nearest where there is none.
  const std::string& model(const std::string& name) const;
  const std::string& library(const std::string& name) const;

  // The name itself; the only one where it is "". Error as above.
  std::string model_name(const std::string& name) const;
  std::string library_name(const std::string& name) const;

  struct ListedModule {
    std::string name, task, base;
    long rank = 0;
    unsigned long bytes = 0;
  };
  // The modules of the library whose name or task holds `search`, whatever the case of its letters.
  std::vector<ListedModule> modules(const std::string& library, const std::string& search) const;
  size_t count(const std::string& library) const;
  std::vector<std::string> names(const std::string& library) const;  // of its modules
  std::string folder(const std::string& library) const;

 private:
  NamedWords models_, libraries_;
};

// What others call a model: names go out, and where a model lies on this machine does not.
std::string public_name(const std::string& base);

// "NAME=PATH", or a word that is its own name. Error where a name is given twice.
NamedWords words_of(const std::vector<std::string>& options, const std::string& option);

}  // namespace lorahub::serve
