# Two stages: the wheel and its dependencies are built in one, only the result is shipped.
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY ekuscan ekuscan
RUN python -m venv /opt/ekuscan && /opt/ekuscan/bin/pip install --no-cache-dir --no-compile . \
    && /opt/ekuscan/bin/pip uninstall -y pip setuptools

FROM python:3.11-slim
LABEL org.opencontainers.image.title="ekuscan" \
      org.opencontainers.image.description="Finds which mutual-TLS use cases of Cisco collaboration products break without clientAuth" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/ekuscan /opt/ekuscan
# A number, so that an orchestrator can see that it is not root. Nothing is written; no raw socket is needed.
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/opt/ekuscan/bin/ekuscan"]
CMD ["--help"]
