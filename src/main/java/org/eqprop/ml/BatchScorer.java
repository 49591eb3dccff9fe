package org.eqprop.ml;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Queue;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.util.TaskCompletionListener;
import org.eqprop.base.InputException;
import org.eqprop.dynamics.Relaxer;
import org.jspecify.annotations.Nullable;

/** Classifies the rows of a partition batch by batch and appends the requested columns. */
final class BatchScorer implements MapPartitionsFunction<Row, Row> {
  private static final long serialVersionUID = 1L;

  private final Broadcast<Scoring> network;
  private final String column;
  private final int features;
  private final boolean raw;
  private final boolean probability;
  private final boolean prediction;
  private final double @Nullable [] thresholds;

  /**
   * @param column name of the features column
   * @param features index of that column
   * @param raw whether to append the outputs
   * @param probability whether to append the probabilities, after the outputs
   * @param prediction whether to append the prediction, last
   * @param thresholds of the classes, or null
   */
  BatchScorer(
      Broadcast<Scoring> network,
      String column,
      int features,
      boolean raw,
      boolean probability,
      boolean prediction,
      double @Nullable [] thresholds) {
    this.network = network;
    this.column = column;
    this.features = features;
    this.raw = raw;
    this.probability = probability;
    this.prediction = prediction;
    this.thresholds = thresholds;
  }

  @Override
  public Iterator<Row> call(Iterator<Row> rows) {
    if (!rows.hasNext()) {
      return rows;
    }
    Relaxer relaxer = network.value().relaxer();
    TaskContext.get().addTaskCompletionListener((TaskCompletionListener) c -> relaxer.close());
    return new Scored(relaxer, rows);
  }

  private final class Scored implements Iterator<Row> {
    private final Relaxer relaxer;
    private final Iterator<Row> rows;
    private final Queue<Row> ready = new ArrayDeque<>();

    Scored(Relaxer relaxer, Iterator<Row> rows) {
      this.relaxer = relaxer;
      this.rows = rows;
    }

    @Override
    public boolean hasNext() {
      return !ready.isEmpty() || rows.hasNext();
    }

    @Override
    public Row next() {
      if (ready.isEmpty()) {
        score();
      }
      Row next = ready.poll();
      if (next == null) {
        throw new NoSuchElementException();
      }
      return next;
    }

    private void score() {
      Scoring scoring = network.value();
      Row[] batch = new Row[scoring.batch()];
      Vector[] vectors = new Vector[batch.length];
      int count = 0;
      while (count < batch.length && rows.hasNext()) {
        Row row = rows.next();
        if (row.isNullAt(features)) {
          throw new InputException("column " + column + " has a null: expected a vector");
        }
        batch[count] = row;
        vectors[count++] = row.getAs(features);
      }
      if (count == 0) {
        return;
      }
      double[][] outputs = scoring.outputs(relaxer, vectors, count, column);
      for (int i = 0; i < count; i++) {
        ready.add(scored(scoring, batch[i], outputs[i]));
      }
    }

    private Row scored(Scoring scoring, Row row, double[] outputs) {
      double[] p = scoring.probabilities(outputs);
      int own = row.length();
      Object[] values =
          new Object[own + (raw ? 1 : 0) + (probability ? 1 : 0) + (prediction ? 1 : 0)];
      for (int i = 0; i < own; i++) {
        values[i] = row.get(i);
      }
      int at = own;
      if (raw) {
        values[at++] = Vectors.dense(outputs);
      }
      if (probability) {
        values[at++] = Vectors.dense(p);
      }
      if (prediction) {
        values[at] = scoring.prediction(outputs, p, thresholds);
      }
      return RowFactory.create(values);
    }
  }
}
