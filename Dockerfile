# The build stage has a compiler for the native part of SQLite; the image that runs has neither compiler nor npm.
ARG NODE_VERSION=20.20.2

FROM node:${NODE_VERSION}-bookworm AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --include=dev --no-audit --no-fund
COPY LICENSE tsconfig.json ./
COPY scripts scripts
COPY migrations migrations
COPY src src
RUN npm run build && npm run stage /app

FROM node:${NODE_VERSION}-bookworm-slim
LABEL org.opencontainers.image.title="ruawatch" \
      org.opencontainers.image.description="Watches the mailbox behind a DMARC rua= address" \
      org.opencontainers.image.licenses="MIT"
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
      /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-* \
    && mkdir /etc/ruawatch \
    && install -d -o 1000 -g 1000 -m 0700 /var/lib/ruawatch
COPY --from=build /app /app
# A ruawatch.yaml in the working folder is found by itself. These three win over what it says.
WORKDIR /etc/ruawatch
ENV NODE_ENV=production \
    RUAWATCH_DB=/var/lib/ruawatch/ruawatch.db \
    RUAWATCH_LISTEN=0.0.0.0:8080
VOLUME /var/lib/ruawatch
EXPOSE 8080
USER 1000:1000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/main.js"]
CMD ["serve"]
