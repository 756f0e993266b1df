# Two stages: the toolchain builds one static binary, the final image holds
# nothing else. Mount the data read-only and the runs' folder read-write:
#
#   docker build -t melanoma .
#   docker run --rm -v "$PWD/runs:/srv/runs" --user "$(id -u)" melanoma run
#   docker run --rm -v /data/ham10000:/data:ro -v "$PWD/configs:/srv/configs:ro" \
#       -v "$PWD/runs:/srv/runs" --user "$(id -u)" \
#       melanoma run -c configs/ham10000.yaml --set data.root=/data
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/melanoma ./cmd/melanoma \
    && mkdir -p /out/srv/runs /out/tmp

FROM scratch
COPY --from=build /out/melanoma /melanoma
COPY --from=build --chown=65532:65532 /out/srv /srv
COPY --from=build --chown=65532:65532 --chmod=1777 /out/tmp /tmp
USER 65532:65532
WORKDIR /srv
HEALTHCHECK --interval=60s --timeout=10s CMD ["/melanoma", "doctor", "--quiet"]
ENTRYPOINT ["/melanoma"]
CMD ["help"]
