"""Sends the records of standard input to a broker: python produce.py BROKERS < records.ndjson

A line is {"topic", "partition", "codec", "key", "value", "headers": [[name, value]], "timestampMs"}; bytes are base64, null is null, and
what is missing is librdkafka's default. Records of one codec that stand together go in one batch, as far as they fit.
"""

import base64
import itertools
import json
import sys

from confluent_kafka import Producer


def to_bytes(text):
    return None if text is None else base64.b64decode(text)


def fail_on(error, _):
    if error:
        sys.exit(f"a record was refused: {error}")


records = [json.loads(line) for line in sys.stdin if line.strip()]
for codec, group in itertools.groupby(records, lambda record: record.get("codec", "none")):
    settings = {"compression.type": codec, "message.max.bytes": 20_000_000, "linger.ms": 50, "enable.idempotence": True}
    producer = Producer({"bootstrap.servers": sys.argv[1], **settings})
    for record in group:
        optional = {name: record[field] for field, name in (("partition", "partition"), ("timestampMs", "timestamp")) if field in record}
        headers = [(name, to_bytes(value)) for name, value in record.get("headers", [])]
        producer.produce(
            record["topic"], to_bytes(record.get("value")), key=to_bytes(record.get("key")), headers=headers, on_delivery=fail_on, **optional
        )
    if producer.flush(30):
        sys.exit("not all records were sent within 30 s")
