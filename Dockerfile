# First stage: an environment with everything in it. Second stage: that environment and nothing else.
FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/trivium
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY generation generation
COPY retrieval retrieval
COPY finetune finetune
COPY advisor advisor
COPY service service
RUN /opt/trivium/bin/pip install .

FROM python:3.11-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home trivium \
    && install --directory --owner trivium --mode 700 /data
COPY --from=build /opt/trivium /opt/trivium
ENV PATH=/opt/trivium/bin:$PATH \
    HF_HUB_OFFLINE=1 \
    TOKENIZERS_PARALLELISM=false \
    TRIVIUM_DATA_DIR=/data \
    TRIVIUM_HOST=0.0.0.0
USER trivium
VOLUME /data
EXPOSE 8321
# The container listens on all addresses, so it starts only with TRIVIUM_API_KEYS set.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8321/ready', timeout=8)"]
ENTRYPOINT ["trivium"]
CMD ["serve"]
