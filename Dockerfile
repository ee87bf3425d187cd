# The service as an image: every part is one command of `feedback`. See docker-compose.yml.

FROM python:3.11.14-slim AS build
WORKDIR /build
# To the version, and before the source: a change of ours does not fetch them again.
COPY deploy/requirements.txt deploy/requirements.txt
RUN python -m venv /opt/feedback && /opt/feedback/bin/pip install --no-cache-dir --requirement deploy/requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN /opt/feedback/bin/pip install --no-cache-dir --no-deps . && /opt/feedback/bin/pip check

FROM python:3.11.14-slim
RUN groupadd --gid 10001 feedback \
    && useradd --uid 10001 --gid feedback --no-create-home --home-dir /data feedback \
    && install --directory --mode 0750 --owner feedback --group feedback /data
COPY --from=build /opt/feedback /opt/feedback
ENV PATH=/opt/feedback/bin:$PATH PYTHONUNBUFFERED=1 FEEDBACK_DATA_DIR=/data
USER 10001:10001
VOLUME /data
EXPOSE 8080 8081 9100
ENTRYPOINT ["feedback"]
CMD ["serve", "--host", "0.0.0.0"]
