# Frieze with its shipped models: docker build -t frieze .
#   docker run --rm -v "$PWD:/work" frieze sample --model /usr/local/share/frieze/pretrained/mp20.h5 --count 10 --output samples.h5
# Debian's packages and the toolchain's own image; nothing else is fetched but what Package.resolved names. Written, not built yet: a
# machine with a container runtime is needed for that.
FROM swift:6.2-bookworm AS build
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update -q && apt-get install -y --no-install-recommends pkg-config libopenblas-dev libdnnl-dev libhdf5-dev libssl-dev \
    libsymspg-dev gemmi-dev tao-pegtl-dev libavogadro-data xz-utils gzip make unzip python3-pip && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN make install PREFIX=/usr/local

FROM swift:6.2-bookworm-slim
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update -q && apt-get install -y --no-install-recommends libopenblas0 libdnnl2 libhdf5-103-1 libssl3 libsymspg1 xz-utils gzip \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /usr/local/bin/frieze /usr/local/bin/frieze
COPY --from=build /usr/local/lib/frieze /usr/local/lib/frieze
COPY --from=build /usr/local/share/frieze /usr/local/share/frieze
WORKDIR /work
ENTRYPOINT ["frieze"]
