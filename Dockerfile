# docker build -t lorahub . && docker run --rm lorahub doctor
# The program, built here into a Debian package, and an image with that package alone (about 700 MB).
FROM debian:12 AS build
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends python3 ca-certificates dpkg-dev file
COPY . /lorahub
WORKDIR /lorahub
ENV LORAHUB_DEPS=/opt/deps
RUN scripts/setup
RUN cmake --workflow --preset release
RUN cpack -G DEB --config build/release/CPackConfig.cmake -B build/packages

FROM debian:12
COPY --from=build /lorahub/build/packages/*.deb /tmp/
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends /tmp/*.deb openmpi-bin gnuplot-nox && rm -rf /tmp/*.deb /var/lib/apt/lists/*
# A container's user is root, as whom mpirun starts nothing without these.
ENV LC_ALL=C.UTF-8 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
ENTRYPOINT ["lorahub"]
