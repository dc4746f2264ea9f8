"""The door: `./maison`, its commands, and the processes it starts and stops.

Standard library only on the path of `./maison up`, so that the launcher stays small; Django lives in its children.
"""
