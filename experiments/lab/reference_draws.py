"""Prints a study that repeats the mini-lab's reference table (reference_table.py) on its own draws.

usage: python3 reference_draws.py table|official|product > ../minilab_reference[_official|_product].yaml

Draw d of a target takes rows random.Random('few/<target>/<d>').sample(range(100), 5) of its pool as shots, the
modules random.Random(1000 d + 7).sample(sorted names, 20), and search seed d + 1, for d = 0, 1, 2.
"""
import random
import sys

TARGETS = """E1_isa_letter E2_odd_letter E3_miss_letter E4_color_letter
E5_opp_index E6_desc_comma E7_swap_brack E8_add_wordnum E9_dyck_dash E10_sub_roman E11_cats_comma E12_first_both
E13_hid_desc_comma E14_hid_min_letter E15_hid_swap_brack""".split()
DRAWS = (0, 1, 2)

HEADS = {
    "table": """question: Does the program repeat the mini-lab's reference table (zero, icl, best1, unif, cma40, cma400)?
{note}
uses: {{model: mini, library: mini, tasks: mini/unseen, search: cma}}
set:  {{modules: 20, search.population: 10, search.sigma0: 0.2, search.mean0: 0.1}}
vary:
  method: [zero_shot, icl, best_single, uniform, lorahub]
  search.budget: [40, 400]
""",
    "official": """question: Does the official search repeat the column cobyla40 of the mini-lab's reference table?
{note}
uses: {{model: mini, library: mini, tasks: mini/unseen, search: official}}
set:  {{modules: 20, method: lorahub}}
""",
    "product": """question: Does the product form repeat the column lin400 of the mini-lab's reference table?
{note}
uses: {{model: mini, library: mini, tasks: mini/unseen, search: cma}}
set:  {{modules: 20, method: lorahub, composition: product, search.population: 10, search.sigma0: 0.2, search.mean0: 0.1}}
""",
}
NOTE = "# The draws of experiments/lab/reference_table.py, one row a target; made by experiments/lab/reference_draws.py {name}."


def rows(cell):
    """One line a target, its three draws side by side."""
    lines = ["    " + ", ".join(str(cell(target, draw)) for draw in DRAWS) for target in TARGETS]
    return "[\n" + ",\n".join(lines) + "]\n"


def shots(target, draw):
    return random.Random(f"few/{target}/{draw}").sample(range(100), 5)


def module_seed(draw):
    return 1000 * draw + 7


def search_seed(draw):
    return draw + 1


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in HEADS:
        sys.exit(__doc__)
    name = sys.argv[1]
    print("# yaml-language-server: $schema=../configs/study.schema.json")
    print(HEADS[name].format(note=NOTE.format(name=name)), end="")
    print("zip:")
    print("  task:", rows(lambda target, draw: target), end="")
    print("  shots:", rows(shots), end="")
    print("  seed.modules:", rows(lambda target, draw: module_seed(draw)), end="")
    print("  seed.search:", rows(lambda target, draw: search_seed(draw)), end="")


if __name__ == "__main__":
    main()
