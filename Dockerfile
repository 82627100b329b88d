# Sallyport's image: two stages that need npm, and a last one that has only what runs.
#
#   docker build -t sallyport .
#   docker build -t sallyport --secret id=npmrc,src=$HOME/.npmrc .        behind a private registry
#
# docs/container.md explains how to run it; scripts/build-image.sh builds it without a Docker engine.
ARG NODE_IMAGE=node:24-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The optional dependencies hold the compiler's binary for this platform. The secret is optional and is in no layer.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc --mount=type=secret,id=ca,target=/run/secrets/ca npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json gateway.example.yaml ./
COPY scripts/build.ts ./scripts/
COPY config ./config
COPY samples ./samples
COPY plugins ./plugins
COPY src ./src
RUN node scripts/build.ts

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The image has its own Node, so the one among the optional dependencies stays out.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc --mount=type=secret,id=ca,target=/run/secrets/ca \
    npm ci --omit=dev --omit=optional --ignore-scripts

FROM ${NODE_IMAGE}
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Sallyport" \
      org.opencontainers.image.description="A standalone API gateway for Node.js teams" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production
WORKDIR /app
RUN ln -s /app/bin/sallyport.cjs /usr/local/bin/sallyport && mkdir -p /etc/sallyport
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
COPY config/gateway.schema.json ./config/
COPY bin ./bin
# By number, so that Kubernetes can check runAsNonRoot. Nothing under /app is writable for it.
USER 1000:1000
EXPOSE 8080 9901
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 CMD ["node", "/app/bin/healthcheck.mjs"]
ENTRYPOINT ["node", "/app/bin/sallyport.cjs"]
CMD ["start", "-c", "/etc/sallyport/gateway.yaml"]
