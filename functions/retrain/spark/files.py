"""The archive as one table, and files wherever Spark finds them: in S3 in AWS, in a folder here."""

from pyspark.sql import functions as F


def read_archive(spark, objects):
    """All objects as one table. Where a feature changed its type they have no common layout: then each layout is read by itself, as text where they differ."""
    if not objects:
        raise ValueError("the input names no objects of the archive")
    try:
        return spark.read.option("mergeSchema", "true").parquet(*objects)
    except Exception as error:
        if "CANNOT_MERGE_SCHEMAS" not in str(error) and "merge schema" not in str(error):
            raise
    layouts = {}
    for uri in objects:
        layouts.setdefault(tuple((field.name, field.dataType.simpleString()) for field in spark.read.parquet(uri).schema), []).append(uri)
    types = {}
    for layout in layouts:
        for name, kind in layout:
            types[name] = kind if types.get(name, kind) == kind else "string"
    table = None
    for layout, uris in layouts.items():
        part = spark.read.parquet(*uris).select(*[F.col(f"`{name}`").cast(types[name]).alias(name) for name, _ in layout])
        table = part if table is None else table.unionByName(part, allowMissingColumns=True)
    return table


def file_at(spark, uri):
    """Any file system that Spark knows: S3 in AWS, a folder here."""
    path = spark._jvm.org.apache.hadoop.fs.Path(uri)
    return path.getFileSystem(spark._jsc.hadoopConfiguration()), path


def read_file(spark, uri):
    system, path = file_at(spark, uri)
    stream = system.open(path)
    try:
        return bytes(spark._jvm.org.apache.commons.io.IOUtils.toByteArray(stream)).decode()
    finally:
        stream.close()


def write_file(spark, uri, body):
    system, path = file_at(spark, uri)
    stream = system.create(path, True)
    stream.write(bytearray(body))
    stream.close()
