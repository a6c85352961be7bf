"""Stands in for setuptools while pip downloads a source distribution: pip asks for the metadata of what it downloads, which would run the
package's own setup.py. Only the name and the version of the folder are told, and nothing of the package is run."""

import os
import sys


def prepare_metadata_for_build_wheel(folder, settings=None):
    name, version = "unknown", "0"
    with open("PKG-INFO", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("Name: "):
                name = line[6:].strip()
            if line.startswith("Version: "):
                version = line[9:].strip()
            if not line.strip():
                break
    place = f"{name}-{version}.dist-info"
    os.mkdir(os.path.join(folder, place))
    with open(os.path.join(folder, place, "METADATA"), "w", encoding="utf-8") as metadata:
        metadata.write(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return place


# Where a package names no way to be built, pip takes this one.
__legacy__ = sys.modules[__name__]
