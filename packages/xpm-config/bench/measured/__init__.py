"""The classes that are measured; a package, since 2.7.0 loads those of scripts otherwise."""
