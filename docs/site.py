"""Hook of mkdocs.yml: the site holds docs/ and those documents of other folders that the navigation names.

In the site a page is known by its path in the repository, so that a relative link works both in a checkout and in the
site. A link to a file that is no page (a source, a test) becomes the file's path; a link to nothing stays, and
`mkdocs build --strict` refuses it.
"""

import os
import posixpath
import re

from mkdocs.structure.files import File, Files, InclusionLevel

LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s#:]+)(#[^)\s]*)?\)")
IMAGE = re.compile(r"!\[[^\]]*\]\(([^)\s:]+)\)")


def _root(config):
    return os.path.dirname(config.config_file_path)


def _named(nav):
    """The paths in the navigation, in its order."""
    for entry in nav:
        for value in entry.values():
            yield from [value] if isinstance(value, str) else _named(value)


def _resolve(page, target):
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), target))


def on_files(files, config):
    root = _root(config)

    def take(path, dest=None, level=InclusionLevel.UNDEFINED):
        return File(path, root, config.site_dir, config.use_directory_urls, dest_uri=dest, inclusion=level)

    ours = [file for file in files if file.abs_src_path.startswith(config.docs_dir + os.sep)]
    kept = Files([file for file in files if file not in ours])
    for file in ours:
        kept.append(take(f"{os.path.basename(config.docs_dir)}/{file.src_uri}", file.dest_uri, file.inclusion))
    for path in _named(config.nav):
        if kept.get_file_from_path(path):
            continue
        # mkdocs would make index.html of every README.md.
        kept.append(take(path, "index.html" if path == "README.md" else path[:-3] + ".html", InclusionLevel.INCLUDED))
        with open(os.path.join(root, path), encoding="utf-8") as text:
            for image in IMAGE.findall(text.read()):
                image = _resolve(path, image)
                if os.path.exists(os.path.join(root, image)) and not kept.get_file_from_path(image):
                    kept.append(take(image))
    return kept


def on_page_markdown(markdown, page, config, files):
    def shown(match):
        text, target, _ = match.groups()
        path = _resolve(page.file.src_uri, target)
        if files.get_file_from_path(path) or not os.path.exists(os.path.join(_root(config), path)):
            return match.group(0)
        return f"`{path}`" if text.strip("`") == path else f"{text} (`{path}`)"

    markdown = markdown.replace("<details>", '<details markdown="1">')  # as a forge reads it
    return LINK.sub(shown, markdown)
