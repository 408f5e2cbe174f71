"""What each Python does first whose path has this folder: the processes that tests start stay on this machine too."""

from border import guard

guard()
