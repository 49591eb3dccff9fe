package org.eqprop.ml;

import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Row;
import org.eqprop.base.InputException;
import org.eqprop.data.Examples;
import org.eqprop.data.FloatExamples;
import org.eqprop.data.Shape;
import org.eqprop.data.WeightedExamples;
import org.jspecify.annotations.Nullable;

/** Packs the rows of a partition into blocks of at most 4 MB of values. */
final class RowBlocks implements Iterator<RowBlock> {
  private static final int VALUES = 1 << 20;
  private static final int MOST_FEATURES = 1_000_000;

  private final RowColumns columns;
  private final int partition;
  private final Iterator<Row> rows;
  private final Packing trained = new Packing(false);
  private final Packing held = new Packing(true);
  private int features;

  RowBlocks(RowColumns columns, int partition, Iterator<Row> rows) {
    this.columns = columns;
    this.partition = partition;
    this.rows = rows;
  }

  @Override
  public boolean hasNext() {
    return rows.hasNext() || trained.size > 0 || held.size > 0;
  }

  @Override
  public RowBlock next() {
    while (rows.hasNext()) {
      Row row = rows.next();
      Packing packing = columns.isHeld(row) ? held : trained;
      packing.add(row);
      if (packing.isFull()) {
        return packing.block();
      }
    }
    if (trained.size > 0) {
      return trained.block();
    }
    if (held.size > 0) {
      return held.block();
    }
    throw new NoSuchElementException();
  }

  /** The training or held-out rows that are not in a block yet. */
  private final class Packing {
    private final boolean isHeld;
    private float @Nullable [] values;
    private int[] labels = new int[0];
    private float[] weights = new float[0];
    private int size;
    private int blocks;

    Packing(boolean isHeld) {
      this.isHeld = isHeld;
    }

    void add(Row row) {
      Vector vector = columns.features(row);
      if (features == 0) {
        features = vector.size();
        if (features == 0 || features > MOST_FEATURES) {
          throw new InputException(
              "column "
                  + columns.features()
                  + " has vectors of "
                  + features
                  + " values: expected 1 to "
                  + MOST_FEATURES);
        }
      }
      if (vector.size() != features) {
        throw new InputException(
            "column "
                + columns.features()
                + " has vectors of "
                + features
                + " and of "
                + vector.size()
                + " values: expected the same number in every row");
      }
      float[] packed = values;
      if (packed == null) {
        int capacity = Math.max(1, VALUES / features);
        packed = new float[capacity * features];
        values = packed;
        labels = new int[capacity];
        weights = new float[capacity];
      }
      columns.copy(vector, isHeld, packed, size * features);
      labels[size] = columns.label(row);
      weights[size] = columns.weight(row);
      size++;
    }

    boolean isFull() {
      return size == labels.length;
    }

    RowBlock block() {
      float[] packed = values == null ? new float[0] : values;
      Examples examples =
          new FloatExamples(
              Arrays.copyOf(packed, size * features),
              Arrays.copyOf(labels, size),
              Shape.vector(features));
      if (columns.isWeighted()) {
        examples = new WeightedExamples(examples, Arrays.copyOf(weights, size));
      }
      size = 0;
      values = null;
      return new RowBlock(new RowBlock.Place(isHeld, partition, blocks++), examples);
    }
  }
}
