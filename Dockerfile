# The tap alone, for schedulers that start containers: `docker build --tag tap-msteams .`
# Settings come from the environment: docker run --rm --env-file teams.env tap-msteams --config ENV doctor
FROM docker.io/library/python:3.13-slim AS build
# Without git there is no tag to take the version from.
ARG VERSION=0.0.0
COPY . /src
RUN SETUPTOOLS_SCM_PRETEND_VERSION="$VERSION" pip wheel --no-cache-dir --wheel-dir /wheels /src

FROM docker.io/library/python:3.13-slim
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index /wheels/*.whl \
    && useradd --uid 1000 --create-home teams
USER 1000
WORKDIR /home/teams
ENTRYPOINT ["tap-msteams"]
CMD ["--help"]
