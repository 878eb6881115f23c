# One file, two images: `agent` (the default target) is the service on Bun, `gcp-agent` is the FastAPI/ADK agent. Both
# listen on 8080, answer /health and contain the chat page, so that either can run behind the same load balancer.
#
# The base images are arguments, and nothing below depends on one distribution's tools: if they can't be pulled, the
# same file is built on stand-ins (`lornu image build` says so when it does).
ARG BUN_IMAGE=docker.io/oven/bun:1.4.5-alpine
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim
ARG UV_IMAGE=ghcr.io/astral-sh/uv:0.13.9

# The secret `ca` is optional: certificates to trust beside the public ones, where a company's proxy stands before the
# registries. A secret mount leaves nothing in a layer.

# The locked packages, before any source: a code change reuses this layer. From here on the build produces JavaScript,
# which is the same for every processor, so it runs on the builder's own.
FROM --platform=$BUILDPLATFORM ${BUN_IMAGE} AS packages
WORKDIR /src
COPY package.json bun.lock bunfig.toml ./
COPY agents/package.json agents/
COPY backend/package.json backend/
COPY evaluation/package.json evaluation/
COPY frontend/package.json frontend/
RUN --mount=type=cache,target=/root/.bun/install/cache --mount=type=secret,id=ca,target=/run/ca.pem \
    NODE_EXTRA_CA_CERTS=/run/ca.pem bun install --frozen-lockfile --ignore-scripts --production \
    --filter @lornu/backend --filter @lornu/evaluation --filter @lornu/agents --filter @lornu/frontend

FROM packages AS page
COPY frontend/ frontend/
RUN bun frontend/build.ts

# Each agent is a separate entry that takes ADK from the service: a mounted folder can replace them all, and a change in
# one only rebuilds this stage.
FROM packages AS agents
COPY backend/build.ts backend/
COPY agents/ agents/
RUN bun backend/build.ts /out agents

FROM packages AS service
COPY evaluation/ evaluation/
COPY backend/ backend/
RUN bun backend/build.ts /out service

# Only bun and the libraries that it loads from the base: no shell, no package manager, nothing else to update.
FROM ${BUN_IMAGE} AS bun
WORKDIR /runtime
RUN mkdir -p usr/local/bin tmp && chmod 1777 tmp && cp "$(command -v bun)" usr/local/bin/bun && \
    for word in $(ldd usr/local/bin/bun); do \
      case "$word" in /*) mkdir -p ".${word%/*}" && cp -L "$word" ".$word" ;; esac; \
    done

FROM ${UV_IMAGE} AS uv

# The environment at its final path; Python's bytecode is checked by content, not by time, so that two builds of one
# commit are identical.
FROM ${PYTHON_IMAGE} AS python-packages
COPY --from=uv /uv /usr/local/bin/uv
WORKDIR /app
ENV UV_PROJECT_ENVIRONMENT=/app/.venv UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never \
    UV_COMPILE_BYTECODE=1 PYC_INVALIDATION_MODE=UNCHECKED_HASH
COPY gcp-agent/pyproject.toml gcp-agent/uv.lock ./
RUN --mount=type=cache,target=/root/.cache/uv --mount=type=secret,id=ca,target=/run/ca.pem \
    if [ -s /run/ca.pem ]; then export SSL_CERT_FILE=/run/ca.pem; fi; \
    uv sync --frozen --no-dev --no-install-project

FROM ${PYTHON_IMAGE} AS gcp-agent
WORKDIR /app
COPY --from=python-packages /app/.venv .venv
COPY --from=page /src/frontend/dist page
COPY gcp-agent/gcp_agent/ gcp_agent/
COPY gcp-agent/agents/ agents/
# The task has only /tmp as a writable mount. PORT and HOST are those of the task definition.
ENV PATH=/app/.venv/bin:/usr/local/bin:/usr/bin:/bin HOME=/tmp PORT=8080 HOST=0.0.0.0 DATA_DIR=/tmp/data \
    PAGE_DIR=/app/page PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
ARG REVISION=dev
ENV LORNU_REVISION=${REVISION}
LABEL org.opencontainers.image.title="lornu gcp-agent" \
      org.opencontainers.image.description="Lornu's agent on FastAPI and google-adk" \
      org.opencontainers.image.revision=${REVISION}
USER 10001:10001
EXPOSE 8080
CMD ["python", "-m", "gcp_agent.main"]

FROM scratch AS agent
COPY --from=bun /runtime/ /
WORKDIR /app
COPY --from=page /src/frontend/dist page
COPY --from=agents /out/agents agents
COPY --from=service /out ./
# Bun's transpiler cache would write outside /tmp. The request limit is read when the process starts. A second thread of the
# garbage collector would use up a task's share of a CPU twice as fast (docs/decisions/0089). Code is optimized later than by
# default, because optimizing it made the first turns of a task more expensive (docs/decisions/0164).
ENV PATH=/usr/local/bin HOME=/tmp NODE_ENV=production PORT=8080 LORNU_DATA_DIR=/tmp/data \
    BUN_RUNTIME_TRANSPILER_CACHE_PATH=0 BUN_CONFIG_MAX_HTTP_REQUESTS=65336 \
    BUN_JSC_numberOfGCMarkers=1 BUN_JSC_thresholdForOptimizeAfterWarmUp=4000
ARG REVISION=dev
ENV LORNU_REVISION=${REVISION}
LABEL org.opencontainers.image.title="lornu agent" \
      org.opencontainers.image.description="Lornu's agent on Bun, Hono and @google/adk" \
      org.opencontainers.image.revision=${REVISION}
USER 10001:10001
EXPOSE 8080
CMD ["bun", "serve.js"]
