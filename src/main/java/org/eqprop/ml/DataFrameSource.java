package org.eqprop.ml;

import java.io.Serializable;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.apache.spark.HashPartitioner;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.storage.StorageLevel;
import org.eqprop.base.InputException;
import org.eqprop.base.Slice;
import org.eqprop.data.ByteExamples;
import org.eqprop.data.Examples;
import org.eqprop.data.FloatExamples;
import org.eqprop.data.Shape;
import org.eqprop.spark.DistributedSource;
import org.eqprop.storage.Storage;
import scala.Tuple2;

/**
 * The rows of a DataFrame as examples: first the training rows, then the held-out rows, each group
 * in the order of the DataFrame's partitions. Executors pack them into blocks of float32 and send
 * each replica its slice; the driver only sees their number and checksums. Weights are divided by
 * the mean weight of the training rows.
 *
 * <p>The replicas' examples depend on the rows and their order, not on the partitioning.
 */
final class DataFrameSource implements DistributedSource, AutoCloseable {
  private static final long serialVersionUID = 1L;

  /** Rounds the factor, since the last bits of the sum of the weights depend on the partitions. */
  private static final MathContext DIGITS = new MathContext(6);

  private final RowColumns columns;
  private final transient JavaRDD<RowBlock> blocks;
  private final transient List<RowBlock.Summary> summaries;
  private final Shape shape;

  private final String where;

  private DataFrameSource(
      RowColumns columns,
      JavaRDD<RowBlock> blocks,
      List<RowBlock.Summary> summaries,
      Shape shape,
      String where) {
    this.where = where;
    this.columns = columns;
    this.blocks = blocks;
    this.summaries = summaries;
    this.shape = shape;
  }

  /**
   * Reads a DataFrame: checks every row and keeps it on the executors until this source is closed.
   *
   * @param where text that messages put before the column; may be empty
   * @throws InputException if a row is not a valid example, or if there are no rows to train on
   */
  static DataFrameSource read(Dataset<?> rows, RowColumns columns, String where) {
    try {
      JavaRDD<RowBlock> blocks = blocks(rows, columns);
      try {
        List<RowBlock.Summary> summaries = new ArrayList<>(blocks.map(RowBlock::summary).collect());
        summaries.sort(Comparator.comparing(RowBlock.Summary::place));
        Shape shape = Shape.vector(features(summaries));
        return new DataFrameSource(columns, blocks, summaries, shape, where).checked();
      } catch (Throwable e) {
        blocks.unpersist(false);
        throw e;
      }
    } catch (Exception e) { // Spark throws a checked one that it does not declare
      throw InputException.within(e);
    }
  }

  /** Packs the rows, lazily; only sorting already runs a job here. */
  private static JavaRDD<RowBlock> blocks(Dataset<?> rows, RowColumns columns) {
    return columns
        .select(rows)
        .toJavaRDD()
        .mapPartitionsWithIndex((partition, part) -> new RowBlocks(columns, partition, part), false)
        .setName("rows")
        .persist(StorageLevel.MEMORY_AND_DISK());
  }

  private static int features(List<RowBlock.Summary> summaries) {
    return summaries.isEmpty() ? 1 : summaries.get(0).features();
  }

  private DataFrameSource checked() {
    if (trained() == 0) {
      throw new InputException(
          "the DataFrame has no rows to train on"
              + (columns.validation().isEmpty()
                  ? ""
                  : ": column " + columns.validation() + " is true in every row")
              + ": expected at least one");
    }
    for (RowBlock.Summary summary : summaries) {
      if (summary.features() != shape.size()) {
        throw new InputException(
            "column "
                + columns.features()
                + " has vectors of "
                + shape.size()
                + " and of "
                + summary.features()
                + " values: expected the same number in every row");
      }
    }
    if (columns.isWeighted() && weight() == 0) {
      throw new InputException(
          "column " + columns.weight() + " is 0 in every row: expected a weight above 0");
    }
    return this;
  }

  /**
   * Returns the same rows as images.
   *
   * @param other shape with as many values as there are features
   */
  DataFrameSource shaped(Shape other) {
    return new DataFrameSource(columns, blocks, summaries, other, where);
  }

  /** Returns the number of values per example. */
  int features() {
    return shape.size();
  }

  /** Returns the number of training rows; the held-out rows come after them. */
  int trained() {
    return size(false);
  }

  /** Returns the number of rows, training and held-out. */
  int size() {
    return size(false) + size(true);
  }

  private int size(boolean held) {
    long size =
        summaries.stream()
            .filter(s -> s.place().held() == held)
            .mapToLong(RowBlock.Summary::size)
            .sum();
    if (size > Integer.MAX_VALUE / 2) {
      throw new InputException(
          "the DataFrame has " + size + " rows: expected at most " + Integer.MAX_VALUE / 2);
    }
    return (int) size;
  }

  private double weight() {
    return summaries.stream()
        .filter(s -> !s.place().held())
        .mapToDouble(RowBlock.Summary::weight)
        .sum();
  }

  /** Returns the largest label. */
  int largestLabel() {
    return summaries.stream().mapToInt(RowBlock.Summary::largest).max().orElse(0);
  }

  /** Returns a checksum of all packed rows, 8 hexadecimal digits. */
  String checksum() {
    CRC32 crc = new CRC32();
    for (RowBlock.Summary summary : summaries) {
      crc.update(Long.toHexString(summary.checksum()).getBytes(StandardCharsets.US_ASCII));
    }
    return String.format(Locale.ROOT, "%08x", crc.getValue());
  }

  @Override
  public String name() {
    return where + "column " + columns.features();
  }

  @Override
  public String labelName() {
    return where + "column " + columns.label();
  }

  @Override
  public Header header(Storage storage) {
    return new Header(size(), shape, OptionalInt.of(largestLabel() + 1));
  }

  @Override
  public Examples read(Storage storage, Slice slice) {
    return slices(List.of(slice)).first();
  }

  @Override
  public JavaRDD<Examples> slices(List<Slice> slices) {
    Map<RowBlock.Place, Integer> starts = new HashMap<>();
    int start = 0;
    for (RowBlock.Summary summary : summaries) {
      starts.put(summary.place(), start);
      start += summary.size();
    }
    List<Slice> wanted = List.copyOf(slices);
    float factor =
        new BigDecimal(columns.isWeighted() ? trained() / weight() : 1).round(DIGITS).floatValue();
    Shape made = shape;
    return blocks
        .flatMapToPair(block -> pieces(block, starts.getOrDefault(block.place(), -1), wanted))
        .partitionBy(new HashPartitioner(slices.size()))
        .mapPartitionsWithIndex(
            (index, pieces) -> List.of(joined(pieces, wanted.get(index), made, factor)).iterator(),
            false);
  }

  /**
   * Consecutive examples on their way to a replica.
   *
   * @param start index of the first
   */
  private record Piece(int start, Examples examples) implements Serializable {}

  private static Iterator<Tuple2<Integer, Piece>> pieces(
      RowBlock block, int start, List<Slice> wanted) {
    int end = start + block.examples().size();
    return IntStream.range(0, wanted.size())
        .filter(r -> wanted.get(r).from() < end && start < wanted.get(r).to())
        .mapToObj(
            r -> {
              int from = Math.max(start, wanted.get(r).from());
              int to = Math.min(end, wanted.get(r).to());
              Slice part = new Slice(from - start, to - start);
              return new Tuple2<>(r, new Piece(from, block.examples().slice(part)));
            })
        .iterator();
  }

  private static Examples joined(
      Iterator<Tuple2<Integer, Piece>> sent, Slice wanted, Shape shape, float factor) {
    if (wanted.size() == 0) {
      return ByteExamples.NONE;
    }
    List<Piece> pieces = new ArrayList<>();
    sent.forEachRemaining(piece -> pieces.add(piece._2()));
    pieces.sort(Comparator.comparing(Piece::start));
    int at = wanted.from();
    for (Piece piece : pieces) {
      if (piece.start() != at) {
        throw changed();
      }
      at += piece.examples().size();
    }
    if (at != wanted.to()) {
      throw changed();
    }
    return FloatExamples.joined(pieces.stream().map(Piece::examples).toList(), shape, factor);
  }

  /** Spark recomputed rows that it had lost, and they came out different. */
  private static InputException changed() {
    return new InputException(
        "the DataFrame returned different rows when Spark recomputed it: expected the same rows;"
            + " write it to a table first, or call checkpoint()");
  }

  /** Frees the packed rows on the executors; slices already sent to replicas stay. */
  @Override
  public void close() {
    blocks.unpersist(false);
  }
}
