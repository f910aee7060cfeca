#!/bin/sh
# Load once: the entry point of the container `varity-init`, and of anything else that starts a
# service only after the data are there.
#
# Everything is decided by `varity-journal init`; options given here are passed on to it.
# Exit code 0: the journal says completed. 1 failed, 2 unusable input or a decision is needed,
# 3 too many records rejected, 69 store unreachable, 75 held by another process for too long,
# 130 and 143 stopped by a signal.
set -eu

exec varity-journal init "$@"
