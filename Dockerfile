# One image, two roles: `giaoban web` and `giaoban media` (docker-compose.yml runs both beside PostgreSQL).
FROM node:20-bookworm-slim AS client
WORKDIR /build
COPY web/client/package.json web/client/package-lock.json ./
RUN npm ci --no-fund --no-audit
COPY web/client ./
COPY tests/vectors /tests/vectors
RUN npm run build

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev libssl-dev libreoffice-writer-nogui postgresql-client \
       fonts-liberation2 \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/giaoban
COPY requirements.lock pyproject.toml setup.py README.md LICENSE ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY sfu sfu
COPY scheduler scheduler
COPY recordings recordings
COPY web web
COPY --from=client /build/dist web/client/dist
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable . \
    && useradd --system --home-dir /var/lib/giaoban --create-home giaoban
USER giaoban
ENV GIAOBAN_DATA=/var/lib/giaoban GIAOBAN_HOST=0.0.0.0
VOLUME /var/lib/giaoban
EXPOSE 8000/tcp 3478/udp 3478/tcp
ENTRYPOINT ["giaoban"]
CMD ["serve"]
