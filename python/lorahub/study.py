"""Studies: run(study) runs every trial that is not done yet, and gives a table of all that are."""
import json
import os
import pathlib
import tempfile
import warnings

from . import program

SOME_FAILED = 1  # the program's code when trials failed and the others are kept


def _pandas():
    try:
        import pandas
    except ImportError:
        raise ImportError("results are a pandas DataFrame (pandas is not installed here), install it, or run the program: "
                          "lorahub run, lorahub export") from None
    return pandas


def results(folder):
    """A DataFrame of a results folder: a row a trial, with the columns of /runs (results/README.md)."""
    pandas = _pandas()
    with tempfile.TemporaryDirectory(prefix="lorahub_") as work:
        table = pathlib.Path(work, "csv")
        program.run(["export", folder, "--csv", "--out", table], says_json=False)
        return pandas.concat([pandas.read_csv(file) for file in sorted(table.rglob("runs.csv"))], ignore_index=True)


def _study_file(study, out, name):
    """The study's file. A dictionary is written beside its results, as JSON, which YAML includes."""
    if isinstance(study, (str, os.PathLike)):
        return pathlib.Path(study)
    if not isinstance(study, dict):
        raise ValueError(f"study is a {type(study).__name__}, give the path of a YAML file or a dictionary of its entries")
    file = pathlib.Path(f"{os.path.normpath(out)}.yaml" if out else f"{name}.yaml")
    text = json.dumps(study, indent=1) + "\n"
    if file.exists() and file.read_text(encoding="utf-8") != text:
        raise ValueError(f"{file} is there with other words (a study's file is the record of its results), give another "
                         "`name` or `out`")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def _settings(option, values):
    """--set or --only of a dictionary."""
    words = [f"{knob}={value if isinstance(value, str) else json.dumps(value)}" for knob, value in (values or {}).items()]
    return [option, *words] if words else []


def run(study, out=None, *, name="study", set=None, only=None, options=()):
    """Runs a study and returns results(out).

    study: a YAML file, or a dictionary with the entries of one; it is then written to `out`.yaml, or `name`.yaml in this
    folder. out: the results folder (default: results/ and the study's name). set, only: knobs by name, as the program's
    options; options: further words for `lorahub run`. Progress is on standard error. Trials that failed are a warning, and
    their rows say so; whatever else ends the program is a lorahub.Error. The same call goes on where one was interrupted.
    """
    _pandas()
    file = _study_file(study, out, name)
    folder = pathlib.Path(out or os.path.join("results", file.stem))
    words = ["run", file, "--out", folder, *_settings("--set", set), *_settings("--only", only), *options]
    code, said = program.run_shown(words)
    if code not in (0, SOME_FAILED):
        raise program.Error(said.strip().split("\n")[-1] or f"the study {file} ended with code {code}", code)
    if code == SOME_FAILED:
        warnings.warn(f"some trials of {file} failed (column status), `lorahub status {folder}` says why", stacklevel=2)
    return results(folder)
