#include "report/figures/gnuplot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/check.hpp"
#include "process.hpp"

namespace lorahub::report {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

const Canvas kCanvas{.name = "f", .title = "t<", .width = 400, .height = 300};

// A figure whose title, label, name and tic are `text`.
std::string labelled(const std::string& text) {
  const std::string t = gnuplot_text(text);
  return gnuplot(kCanvas, "set title " + t + "\nset xlabel " + t + "\nset xtics (" +
                              gnuplot_format_text(text) + " 1)\nset xrange [0:2]\nplot x title " +
                              t + "\n");
}

TEST(GnuplotText, HoldsNoSignThatGnuplotObeys) {
  EXPECT_THAT(gnuplot_text("a'\"`id`\nsystem(\"x\") @m $(y) \\ # é"),
              MatchesRegex("\"([A-Za-z0-9 _.,:;()=+/%&<>{}-]|\\[|\\]|\\\\[0-7]{3})*\""));
  EXPECT_EQ(gnuplot_text("E1_isa, 5 %"), "\"E1_isa, 5 %\"");
  EXPECT_EQ(gnuplot_format_text("5 %"), "\"5 %%\"");
}

TEST(GnuplotText, IsShownAsItWasGiven) {
  const std::string svg = labelled("a%s `id` \\n \" ' @m {/x} & Zürich %%");
  size_t shown = 0;
  const std::string text = "a%s `id` \\n \" ' @m {/x} &amp; Zürich %%";
  for (size_t at = 0; (at = svg.find(text, at)) != std::string::npos; ++at) ++shown;
  EXPECT_EQ(shown, 4U) << svg;
  EXPECT_THAT(svg, HasSubstr("<title>t&lt;</title>"));
}

TEST(Gnuplot, RunsNothingOfAName) {
  const auto folder = fresh_folder("gnuplot");
  const std::string touch = "touch " + (folder / "CANARY").string();
  for (const std::string& name :
       {"x'\nsystem(\"" + touch + "\")\n#", "`" + touch + "`", "\"; system('" + touch + "') #",
        "$(" + touch + ")", "' . system('" + touch + "') . '", "EOD\n!" + touch + "\n",
        "\r!" + touch + "\r", "\\'; !" + touch, "@ARGV0 " + std::string("\0!", 2) + touch,
        std::string("]]> </svg><script>x</script> &#1;"), std::string(10000, '`')}) {
    const std::string svg = labelled(name);
    EXPECT_THAT(svg, HasSubstr("</svg>"));
    EXPECT_THAT(svg, Not(HasSubstr("<script")));
    EXPECT_THAT(svg, Not(HasSubstr("]]>")));
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "CANARY"));
}

TEST(Gnuplot, AFolderForTemporaryFilesIsNoCommand) {
  const auto folder = fresh_folder("gnuplot");
  const auto hostile = folder / "a'; touch CANARY; `touch CANARY`; 'b";
  std::filesystem::create_directories(hostile);
  ::setenv("TMPDIR", hostile.c_str(), 1);
  const std::string svg = gnuplot(kCanvas, "plot x\n");
  ::setenv("TMPDIR", (folder / "none").c_str(), 1);
  EXPECT_THROW(gnuplot(kCanvas, "plot x\n"), base::Error);
  ::unsetenv("TMPDIR");
  EXPECT_THAT(svg, HasSubstr("</svg>"));
  EXPECT_FALSE(std::filesystem::exists("CANARY"));
}

TEST(Gnuplot, IdsAreTheFiguresOwnAndTextStays) {
  const std::string svg = labelled("id='x' url(#y)");
  EXPECT_THAT(svg, HasSubstr(">id='x' url(#y)<"));
  EXPECT_THAT(svg, HasSubstr("id=\"f-"));
}

TEST(Gnuplot, SaysInOneSentenceWhatItCouldNotDraw) {
  try {
    gnuplot(kCanvas, "plot nonsense\n");
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("gnuplot could not draw the figure f"));
    EXPECT_THAT(error.what(), Not(HasSubstr("\n")));
  }
}

}  // namespace
}  // namespace lorahub::report
