# One image, two roles: `giaoban serve` and `giaoban media` (docker-compose.yml runs both beside PostgreSQL).
FROM node:20-bookworm-slim AS client
WORKDIR /build
COPY web/client/package.json web/client/package-lock.json ./
RUN npm ci --no-fund --no-audit
COPY web/client ./
COPY tests/vectors /tests/vectors
RUN npm run build

FROM python:3.11-slim-bookworm AS server
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev libssl-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/giaoban
COPY requirements.lock pyproject.toml setup.py README.md LICENSE ./
RUN python3 -m venv .venv && .venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY sfu sfu
COPY scheduler scheduler
COPY recordings recordings
COPY web web
# compiled here: who runs it may not write there, and would read all sources again at every start
RUN .venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --editable . \
    && .venv/bin/python -m compileall -q sfu scheduler recordings web \
    && rm -rf build
COPY --from=client /build/dist web/client/dist

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends libssl3 libreoffice-writer-nogui postgresql-client fonts-liberation2 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=server /opt/giaoban /opt/giaoban
# a home of its own: the data folder holds data only, and is empty before the first start or a restore
RUN useradd --system --create-home giaoban && install -d -m 700 -o giaoban -g giaoban /var/lib/giaoban
USER giaoban
WORKDIR /home/giaoban
ENV PATH=/opt/giaoban/.venv/bin:$PATH GIAOBAN_DATA=/var/lib/giaoban GIAOBAN_HOST=0.0.0.0
VOLUME /var/lib/giaoban
EXPOSE 8000/tcp 3478/udp 3478/tcp
ENTRYPOINT ["giaoban"]
CMD ["serve"]
