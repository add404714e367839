"""The kinds of sources, as the settings file names them, and a clinic's API to try one with."""
