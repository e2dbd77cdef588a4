#!/usr/bin/env python3
"""Writes the word lists of the word lab, lists/<name>.tsv: a word, a tab and what belongs to it, a line.

    experiments/words/make_lists.py FOLDER [OUT]     (default: lists/ beside this script)

FOLDER has these three packages (SHA-256 below):
    apt-get download wordnet-base=1:3.0-37 bsdgames=2.17-29+b1      # Debian 12
    pip download --no-deps lemminflect==0.2.3

A word has one line in a list; words with several answers are left out, and so are rare ones (WordNet counted them never).
"""
import collections
import gzip
import hashlib
import io
import itertools
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

SUMS = {
    "bsdgames_2.17-29+b1_amd64.deb": "cc92de974a1f66623a05ac0aed6dc790f682e5aac5205f0210294744d1532d10",
    "wordnet-base_1%3a3.0-37_all.deb": "61060d960f9ada8fa120872312eccd3ecebfbab8c4579e4f5a74e1cf67620752",
    "lemminflect-0.2.3-py3-none-any.whl": "1cf470efa783733ca5654cc1a6ee1de774e59031e61bf6210467625e84a8cf1c",
}
MOST = 700  # lines of a list: the commonest words
PLAIN = re.compile(r"[a-z]{3,12}")
KINDS = {"noun.animal": "animal", "noun.plant": "plant", "noun.food": "food", "noun.person": "person", "noun.body": "body",
         "noun.time": "time", "noun.feeling": "feeling"}
LEXNAMES = ["adj.all", "adj.pert", "adv.all", "noun.Tops", "noun.act", "noun.animal", "noun.artifact", "noun.attribute",
            "noun.body", "noun.cognition", "noun.communication", "noun.event", "noun.feeling", "noun.food", "noun.group",
            "noun.location", "noun.motive", "noun.object", "noun.person", "noun.phenomenon", "noun.plant", "noun.possession",
            "noun.process", "noun.quantity", "noun.relation", "noun.shape", "noun.state", "noun.substance", "noun.time"]


def checked(folder, name):
    content = (folder / name).read_bytes()
    if hashlib.sha256(content).hexdigest() != SUMS[name]:
        sys.exit(f"make_lists: {name} is another file (its SHA-256 differs), fetch the version that is named above")
    return content


class Source:
    """The three packages, unpacked."""

    def __init__(self, folder):
        self.root = pathlib.Path(tempfile.mkdtemp())
        for name in SUMS:
            content = checked(folder, name)
            if name.endswith(".deb"):
                subprocess.run(["dpkg-deb", "-x", folder / name, self.root], check=True)
            else:
                zipfile.ZipFile(io.BytesIO(content)).extractall(self.root)

    def wordnet(self, name):
        return (self.root / "usr/share/wordnet" / name).read_text().splitlines()

    def quiz(self, name):
        text = (self.root / "usr/share/games/bsdgames/quiz" / name).read_text().replace("\\\n", "")
        return [line.split(":") for line in text.splitlines()]

    def inflections(self):
        text = gzip.decompress((self.root / "lemminflect/resources/infl_lu.csv.gz").read_bytes()).decode()
        return [line.split(",") for line in text.splitlines()]


class WordNet:
    def __init__(self, source):
        self.count = collections.Counter()  # (lemma, part of speech): how often its senses were counted
        self.by_sense = collections.Counter()  # (lemma, lexicographer file)
        for line in source.wordnet("cntlist.rev"):
            key, _, count = line.split()
            lemma, sense = key.split("%")
            part = "?nvarr"[int(sense[0])] if sense[0] != "5" else "a"
            self.count[lemma, part] += int(count)
            self.by_sense[lemma, int(sense.split(":")[1])] += int(count)
        self.synsets = {part: dict(self.read(source.wordnet(f"data.{name}")))
                        for part, name in {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}.items()}

    @staticmethod
    def read(lines):
        for line in lines:
            if line.startswith("  "):
                continue
            fields = line.split(" | ")[0].split()
            words = int(fields[3], 16)
            lemmas = [re.sub(r"\(.*\)", "", w) for w in fields[4:4 + 2 * words:2]]
            at = 4 + 2 * words
            pointers = [tuple(fields[i:i + 4]) for i in range(at + 1, at + 1 + 4 * int(fields[at]), 4)]
            yield fields[0], (lemmas, pointers, int(fields[1]))

    def lexical(self, part, symbol):
        """(lemma, lemma, part) of all pointers from one lemma to another."""
        for lemmas, pointers, _ in self.synsets[part].values():
            for kind, offset, target_part, places in pointers:
                if kind == symbol and places != "0000":
                    target = self.synsets[target_part.replace("s", "a")][offset][0]
                    yield lemmas[int(places[:2], 16) - 1], target[int(places[2:], 16) - 1], target_part


def common(words, part):
    return lambda word: bool(PLAIN.fullmatch(word)) and words.count[word, part] > 0


def single(pairs):
    """The pairs whose first word has one second word."""
    answers = collections.defaultdict(set)
    for word, answer in pairs:
        answers[word].add(answer)
    return {word: next(iter(found)) for word, found in answers.items() if len(found) == 1}


def most(pairs, count):
    best = sorted(pairs, key=lambda word: (-count(word), word))[:MOST]
    return {word: pairs[word] for word in best}


def inflected(source, words):
    """Names of lists and their pairs: of verbs, nouns and adjectives."""
    columns = {"verb": ("v", ["past", None, "gerund", "third"]), "noun": ("n", ["plural"]),
               "adj": ("a", ["comparative", "superlative"])}
    pairs = collections.defaultdict(list)
    for lemma, part, *forms in source.inflections():
        if part not in columns or not common(words, columns[part][0])(lemma):
            continue
        for name, form in zip(columns[part][1], forms):
            if name:
                pairs[name] += [(lemma, f) for f in form.split("/") if f and f != lemma]
    part = {name: p for p, names in columns.values() for name in names}
    return {name: most({w: a for w, a in single(of).items() if re.fullmatch("[a-z]+", a)},
                       lambda w, name=name: words.count[w, part[name]]) for name, of in pairs.items()}


def antonyms(words):
    """Each word to its only opposite."""
    pairs = [(a, b) for part in "avnr" for a, b, _ in words.lexical(part, "!")
             if common(words, part)(a) and common(words, part)(b)]
    both = {w: a for w, a in single(pairs).items() if (a, w) in pairs}
    return most(both, lambda w: max(words.count[w, p] for p in "anvr"))


def adverbs(words):
    pairs = [(b, a) for a, b, part in words.lexical("r", "\\") if part in "as" and common(words, "r")(a)
             and common(words, "a")(b)]
    return most(single(pairs), lambda w: words.count[w, "a"])


def kinds(words):
    """Nouns of one lexicographer file alone."""
    files = collections.defaultdict(set)
    for lemmas, _, file in words.synsets["n"].values():
        for lemma in lemmas:
            files[lemma].add(LEXNAMES[file])
    found = {w: KINDS[next(iter(f))] for w, f in files.items() if PLAIN.fullmatch(w) and len(f) == 1 and f <= KINDS.keys()}
    per_kind = MOST // len(KINDS)
    best = {}
    for kind in sorted(set(KINDS.values())):
        mine = sorted((w for w in found if found[w] == kind and words.count[w, "n"] > 0),
                      key=lambda w: (-words.count[w, "n"], w))[:per_kind]
        best.update({w: kind for w in mine})
    return best


def nations(words, countries):
    """Countries of the list of capitals, and their adjectives."""
    pairs = [(b, a) for a, b, part in words.lexical("a", "\\") if part == "n" and b in countries and a[0].isupper()]
    first = {}
    for country, adjective in pairs:
        first.setdefault(country, []).append(adjective)
    return {c: a[0] for c, a in first.items() if len(set(a)) == 1}


def readings(pattern):
    """What a pattern of the quiz stands for: {x} may be left out, [a|b] is one of both, a|b as well. The fullest first."""
    def parse(at, closing):
        branches, current = [], [""]
        while at < len(pattern) and pattern[at] != closing:
            c = pattern[at]
            if c in "{[":
                inner, at = parse(at + 1, "}" if c == "{" else "]")
                inner = inner + [""] if c == "{" else inner
                current = [a + b for a, b in itertools.product(current, inner)]
            elif c == "|":
                branches += current
                current = [""]
            else:
                current = [a + c for a in current]
            at += 1
        return branches + current, at
    return list(dict.fromkeys(r for r in parse(0, "")[0] if r))


def one_reading(pattern):
    """The first that is of plain letters, or ''."""
    return next((r for r in readings(pattern) if re.fullmatch(r"[A-Za-z][A-Za-z .'-]*[a-z]", r)), "")


def quiz_pairs(source, names, columns=(0, 1)):
    pairs = []
    for name in names:
        for fields in source.quiz(name):
            if len(fields) > max(columns):
                pairs.append((one_reading(fields[columns[0]]), one_reading(fields[columns[1]])))
    return single([p for p in pairs if all(p)])


def backwards(source, name):
    """Adults and what their young are called: the list has young and adults, some of them several."""
    return single([(adult, readings(young)[0]) for young, adults in source.quiz(name) for adult in readings(adults)])


def several(source, name):
    """The first answer for each word of a line, where no other line has the word."""
    pairs = [(w, readings(answer)[0]) for word, answer in source.quiz(name) for w in readings(word)]
    return single([(w, a) for w, a in pairs if re.fullmatch("[a-z]{2,}", w) and re.fullmatch("[a-z]+", a)])


def write(out, name, pairs):
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{name}.tsv").write_text("".join(f"{w}\t{a}\n" for w, a in sorted(pairs.items())))
    print(f"{name}: {len(pairs)}")


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    source = Source(pathlib.Path(sys.argv[1]))
    out = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else pathlib.Path(__file__).parent / "lists"
    words = WordNet(source)
    lists = inflected(source, words)
    lists["antonym"] = antonyms(words)
    lists["adverb"] = adverbs(words)
    lists["kind"] = kinds(words)
    lists["capital"] = {c: a for c, a in quiz_pairs(source, ["africa", "america", "asia", "europe"]).items() if c != a}
    lists["nation"] = nations(words, lists["capital"])
    lists["statecapital"] = quiz_pairs(source, ["state"])
    lists["element"] = {f[3]: f[0] for f in source.quiz("elements") if len(f) == 4 and re.fullmatch("[A-Z][a-z]+", f[3])}
    lists["female"] = several(source, "sexes")
    lists["young"] = backwards(source, "babies")
    lists["group"] = several(source, "collectives")
    nouns = {w: w for w in lists["plural"]}
    lists["word"] = most(nouns | {w: w for w in lists["comparative"]} | {w: w for w in lists["past"]},
                         lambda w: max(words.count[w, p] for p in "nav"))
    for name, pairs in lists.items():
        write(out, name, pairs)


if __name__ == "__main__":
    main()
