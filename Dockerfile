# wakeq's processes in one image: the HTTP API (serve.mjs), the worker (worker.mjs, what it starts by default), the REST
# gateway in front of a Redis of one's own (gateway.mjs), and the doctor (doctor.mjs). docker-compose.yml runs them all.
ARG NODE=24.21.0-alpine

FROM node:${NODE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages/redis-rest-local/package.json packages/redis-rest-local/
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json esbuild.config.cjs esbuild.plugins.cjs ./
COPY bin bin
COPY handlers handlers
COPY lib lib
COPY local local
COPY packages packages
COPY tasks tasks
COPY web web
RUN npm run bundle

FROM node:${NODE}
# Bundles with all that they need: no node_modules but for packages with native code (`external`, esbuild.config.cjs).
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps
ENV API_HOST=0.0.0.0 WORKER_HOST=0.0.0.0 REDIS_REST_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/dist/container ./
COPY LICENSE ./
USER 1000:1000
EXPOSE 3000 3003 8079
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --start-interval=1s \
  CMD ["node", "health.mjs", "http://127.0.0.1:3003/health"]
# SIGTERM comes to node itself, which then drains: give it SHUTDOWN_GRACE_SECONDS and a little more (docker stop -t).
CMD ["node", "worker.mjs"]
