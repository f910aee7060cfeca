# The image of `varity-journal`: the locked dependencies, the program, and nothing else.
#
# No index of packages is named here. Where a build reaches one by its own pip.conf (a mirror,
# a certificate), hand that in: docker build --secret id=pip,src=pip.conf .

FROM python:3.12-slim AS dependencies
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY requirements.lock .
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    python -m venv --without-pip /opt/varity \
    && pip --python /opt/varity/bin/python install --only-binary :all: --require-hashes -r requirements.lock


FROM python:3.12-slim AS wheel
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
# What builds our wheel is locked among the tools of development; just that is taken from there.
COPY requirements-dev.lock .
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    awk '/^[a-z]/ { wanted = /^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/ } wanted' \
        requirements-dev.lock > build.lock \
    && pip install --only-binary :all: --require-hashes -r build.lock
COPY pyproject.toml README.md LICENSE ./
COPY journal journal
COPY ingest ingest
COPY schemas schemas
RUN pip wheel --no-deps --no-build-isolation --no-index --wheel-dir /wheels .


FROM python:3.12-slim
LABEL org.opencontainers.image.title="Varity Journal" \
      org.opencontainers.image.description="An async, event-sourced ingestion journal for Weaviate" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"

ENV PATH=/opt/varity/bin:$PATH HOME=/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1

# The dependencies are a layer of their own: a new version of the program is a small one.
COPY --from=dependencies /opt/varity /opt/varity
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    pip --python /opt/varity/bin/python --disable-pip-version-check install \
        --no-cache-dir --root-user-action=ignore --no-deps --no-index /wheels/*.whl
COPY --chmod=0555 scripts/init_ingestion.sh /usr/local/bin/init_ingestion.sh

# A number, not a name: an orchestrator can see that it is not root. Nothing but /tmp is ever
# written to: the file system may be read-only.
USER 1000:1000
WORKDIR /tmp
EXPOSE 8000

# Whether the process answers. Whether it has something to answer from, /ready says.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health', timeout=4)"]

CMD ["varity-journal", "serve", "--host", "0.0.0.0", "--port", "8000"]
