# The image is what `npm run build` made, on a Node without shell and package manager. To check it without an engine: build,
# copy the files of dist/ and package.json (it says "type": "module") into an empty folder, and run
# `node pinstream.js --help` there; nothing of node_modules may be needed.
FROM --platform=$BUILDPLATFORM node:24-trixie-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY build.js tsconfig.json ./
COPY src ./src
RUN npm run build

FROM gcr.io/distroless/nodejs24-debian13:nonroot
WORKDIR /app
COPY --from=build /src/package.json ./
COPY --from=build /src/dist ./
ENV NODE_ENV=production
USER 65532:65532
EXPOSE 8443 9090
# The base image's own entry point is node alone; spelled out, so that arguments of a Pod are Pinstream's. Room for new objects is
# bounded: left to itself it grows by 100 MiB when many streams are read, which 100,000 of them have no room for in 512 MiB.
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=8", "/app/pinstream.js"]
CMD ["--help"]
