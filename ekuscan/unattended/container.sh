#!/bin/sh
# One sweep in a container that can write nothing but its history. The image is built from a clone:
#   docker build -t ekuscan .   (podman takes the same words)
# The folder /var/lib/ekuscan has to belong to user 65532, as whom ekuscan runs in there. The name of this machine says
# which sweeps are of the same place: a container has another name of its own each time.
exec docker run --rm --hostname "$(uname -n)" --read-only --cap-drop ALL --security-opt no-new-privileges --tmpfs /tmp \
  --volume @TARGETS@:/etc/ekuscan/targets.yaml:ro \
  --volume /var/lib/ekuscan:/var/lib/ekuscan \
  --env EKUSCAN_HISTORY=/var/lib/ekuscan/history.sqlite \
  --env XDG_STATE_HOME=/var/lib \
  ekuscan scan -f /etc/ekuscan/targets.yaml --quiet
