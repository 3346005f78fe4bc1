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
# The base image's own entry point is node alone; spelled out, so that arguments of a Pod are Pinstream's.
ENTRYPOINT ["/nodejs/bin/node", "/app/pinstream.js"]
CMD ["--help"]
