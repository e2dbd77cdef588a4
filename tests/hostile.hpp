// Names as an attacker would choose them, always the same ones.
#pragma once
#include <string>
#include <vector>

#include "base/random.hpp"
#include "base/text.hpp"

namespace lorahub {

// `canary`: a file that exists when any of the names was run as a command.
class HostileNames {
 public:
  HostileNames(uint64_t seed, const std::string& canary) : random_(seed, "hostile names") {
    const std::string touch = "touch " + canary;
    for (const char* form :
         {"$({})", "`{}`", "'; {}; '", "\"; {}; \"", "\n{}\n", "\nsystem(\"{}\")\n", "\n!{}\n",
          "'\nset output '| {}'\n", "\" . system('{}') . \"", "|{}", "<{}", "&& {} &", "\r\n{}\r\n",
          "\nEOD\nsystem('{}')\n", "=cmd|'/C {}'!A1", "=HYPERLINK(\"{}\")", "@SUM(1)*{}",
          "%{{{}}}"})
      pieces_.push_back(base::format(fmt::runtime(form), touch));
    for (const char* piece : {"<script>alert(1)</script>",
                              "\"><img src=x onerror=alert(1)>",
                              "' onload='x",
                              "]]>",
                              "</title></svg>",
                              "<!--",
                              "&lt;b&gt;",
                              "&#1;",
                              "&bogus;",
                              "| a | b |",
                              "\n| x |\n|---|\n",
                              "[x](javascript:alert(1))",
                              "![x](y)",
                              "```",
                              "\n# head\n",
                              "\n---\n",
                              "**",
                              "~~",
                              "---\n",
                              "\x1b[2J\x1b[31m",
                              "\x1b]0;title\x07",
                              "\u009b31m",
                              "\x07\x08\x7f",
                              "\r",
                              "\t",
                              "\n",
                              "\u202e",
                              "\u2066",
                              "\u200f",
                              "\u061c",
                              "\u200b",
                              "\u2060",
                              "\u00ad",
                              "\x1b]8;;http://x/\x1b\\y\x1b]8;;\x1b\\",
                              "\x1bP$q\x1b\\",
                              "\u0085",
                              "\x0b\x0c",
                              ";=1+1;",
                              "\t@SUM(1)\t",
                              "<svg/onload=alert(1)>",
                              "<a href=javascript:alert(1)>",
                              "[x]: javascript:alert(1)",
                              "<javascript:alert(1)>",
                              "{{7*7}}",
                              "${7*7}",
                              "COMP_WORDS",
                              "--out=/",
                              "\u2028",
                              "\ufeff",
                              "\uffff",
                              "\xff\xfe",
                              "Z\xfcrich",
                              "\xc0\xaf",
                              "\xed\xa0\x80",
                              "\\",
                              "\\n",
                              "\\\\",
                              "'",
                              "\"",
                              "`",
                              "$HOME",
                              "${x}",
                              "%s%n%d",
                              "%",
                              "@x",
                              "{/Bold x}",
                              "_",
                              "^",
                              "..",
                              "../../x",
                              "/etc/passwd",
                              "~root",
                              "-",
                              "--help",
                              "+1",
                              "=1",
                              "-1",
                              "＝1",
                              ";",
                              ",",
                              "a",
                              "Zürich",
                              "東京",
                              " ",
                              "#SBATCH --wrap=x",
                              "\n#SBATCH --x\n",
                              ": ",
                              "- ",
                              "{",
                              "}",
                              "[",
                              "]",
                              "!",
                              "&",
                              "*",
                              "?",
                              "id='x'",
                              "url(#a)",
                              "EOD"})
      pieces_.emplace_back(piece);
    pieces_.emplace_back("\0nul", 4);
  }

  // One to five pieces; one in forty is 10 kB long.
  std::string next() {
    std::string name;
    for (uint32_t i = 1 + random_.bits() % 5; i > 0; --i)
      name += pieces_[random_.bits() % pieces_.size()];
    if (random_.bits() % 40 == 0)
      while (name.size() < 10'000) name += name;
    return name;
  }

 private:
  base::Stream random_;
  std::vector<std::string> pieces_;
};

}  // namespace lorahub
