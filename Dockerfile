# docker build -t ekuscan . && docker run --rm ekuscan demo
# docker run --rm -v "$PWD:/work" ekuscan scan -f targets.yaml
# Works with --read-only --cap-drop ALL too; `demo` and `lab` then need --tmpfs /tmp.

FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY ekuscan ekuscan
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels . \
 && python -m venv --without-pip /opt/ekuscan \
 && pip --python /opt/ekuscan/bin/python install --no-cache-dir /wheels/*.whl

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="ekuscan" \
      org.opencontainers.image.description="Finds which mutual-TLS use cases of Cisco collaboration products break when certificates lose clientAuth" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/ekuscan /opt/ekuscan
ENV PATH="/opt/ekuscan/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["ekuscan"]
CMD ["--help"]
