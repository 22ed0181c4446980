"""Sends records to a broker: python produce.py BROKERS, one JSON array of records a line on standard input, one JSON array of places a line back.

A record is {"topic", "partition", "codec", "key", "value", "headers": [[name, value]], "timestampMs"}; bytes are base64, null is null, and
what is missing is librdkafka's default. Records of one codec that stand together go in one batch, as far as they fit. A place is
[partition, offset], or a text that says why the record was refused.
"""

import base64
import itertools
import json
import sys

from confluent_kafka import KafkaException, Producer

producers = {}


def producer_of(codec):
    if codec not in producers:
        producers[codec] = Producer(
            {
                "bootstrap.servers": sys.argv[1],
                "compression.type": codec,
                "message.max.bytes": 20_000_000,
                "linger.ms": 50,
                "enable.idempotence": True,
            }
        )
    return producers[codec]


def to_bytes(text):
    return None if text is None else base64.b64decode(text)


def noter(places, at):
    def note(error, message):
        places[at] = str(error) if error else [message.partition(), message.offset()]

    return note


for line in sys.stdin:
    records = json.loads(line)
    places = ["not sent within 60 s"] * len(records)
    for codec, group in itertools.groupby(enumerate(records), lambda pair: pair[1].get("codec", "none")):
        producer = producer_of(codec)
        for at, record in group:
            optional = {name: record[field] for field, name in (("partition", "partition"), ("timestampMs", "timestamp")) if field in record}
            headers = [(name, to_bytes(value)) for name, value in record.get("headers", [])]
            try:
                producer.produce(
                    record["topic"],
                    to_bytes(record.get("value")),
                    key=to_bytes(record.get("key")),
                    headers=headers,
                    on_delivery=noter(places, at),
                    **optional,
                )
            except (BufferError, KafkaException, TypeError, ValueError) as error:
                places[at] = str(error)
        producer.flush(60)
    print(json.dumps(places), flush=True)
