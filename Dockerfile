# First stage: an environment with everything in it. Second stage: that environment and nothing else.
FROM python:3.11-slim AS build
# The usual index has torch for graphics cards, some gigabytes more; this may name one that has it for processors.
ARG PIP_EXTRA_INDEX_URL
COPY . /source
RUN python -m venv /opt/trivium && /opt/trivium/bin/pip install --no-cache-dir /source

FROM python:3.11-slim
COPY --from=build /opt/trivium /opt/trivium
ENV PATH=/opt/trivium/bin:$PATH \
    HF_HUB_OFFLINE=1 \
    TOKENIZERS_PARALLELISM=false \
    TRIVIUM_DATA_DIR=/data \
    TRIVIUM_HOST=0.0.0.0
RUN useradd --uid 10001 --create-home trivium && install --directory --owner trivium --mode 700 /data
USER trivium
VOLUME /data
EXPOSE 8321
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8321/ready', timeout=8)"]
# It listens on all addresses, so it starts only with TRIVIUM_API_KEYS set.
ENTRYPOINT ["trivium"]
CMD ["serve"]
