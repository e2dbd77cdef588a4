#include "task/stream.hpp"

#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/nesting.hpp"

namespace lorahub::task {

namespace {

constexpr size_t kLongestLine = size_t{16} << 20;  // bytes

std::string adapter_of(const std::string& line, const std::string& place) {
  const auto row = nlohmann::json::parse(base::shallow_json(line), nullptr, false);
  const auto found = row.find("adapter");
  if (found == row.end() || found->is_null()) return "";
  base::check(found->is_string(), "{}: \"adapter\" is no text, write a folder or a name", place);
  return found->get<std::string>();
}

}  // namespace

RowStream::RowStream(const std::filesystem::path& file)
    : name_(file == "-" ? "standard input" : file.string()) {
  if (file == "-") {
    in_ = &std::cin;
  } else {
    base::check(std::filesystem::is_regular_file(file), "{}: no such file, check the path", name_);
    file_ = std::make_unique<std::ifstream>(file, std::ios::binary);
    in_ = file_.get();
  }
}

bool RowStream::read_line(std::string& line) {
  line.clear();
  std::streambuf* const bytes = in_->rdbuf();
  for (int c = bytes->sbumpc(); c != EOF; c = bytes->sbumpc()) {
    if (c == '\n') {
      ++number_;
      return true;
    }
    base::check(line.size() < kLongestLine,
                "{}:{}: a line of more than {} MiB (rows are held in memory), shorten it", name_,
                number_ + 1, kLongestLine >> 20);
    line.push_back(static_cast<char>(c));
  }
  if (!line.empty()) ++number_;
  return !line.empty();
}

void RowStream::read_whole(std::string text) {
  text += "\n";
  text.append(std::istreambuf_iterator<char>(*in_), {});
  whole_ = parse_examples(text, name_, Targets::optional);
}

bool RowStream::next(Row& row) {
  std::string line;
  while (whole_.empty() && read_line(line)) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (number_ == 1 && line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
    if (base::strip(line).empty()) continue;
    if (number_ == 1 && (begins_object(line))) {
      read_whole(line);
      break;
    }
    row.place = base::format("{}:{}", name_, number_);
    row.example = parse_line(line, row.place, Targets::optional);
    row.adapter = adapter_of(line, row.place);
    row.line = std::move(line);
    return true;
  }
  if (given_ == whole_.size()) return false;
  row = {.example = whole_[given_], .place = base::format("{}: example {}", name_, given_)};
  ++given_;
  return true;
}

}  // namespace lorahub::task
