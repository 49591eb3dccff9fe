package org.eqprop.ml;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.spark.ml.linalg.DenseVector;
import org.apache.spark.ml.linalg.SparseVector;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.eqprop.base.InputException;

/**
 * The columns of a DataFrame that make up an example, with checks of their values.
 *
 * @param features column of vectors, dense or sparse
 * @param label column of classes, whole numbers from 0
 * @param weight column of numbers ≥ 0; empty: every example has weight 1
 * @param validation column that is true for held-out rows; empty: no row is held out
 * @param order column by which the rows are sorted; empty: they keep the DataFrame's order
 * @param anyValue whether features may be any finite numbers; otherwise those of the training rows
 *     must be from 0 to 1
 */
record RowColumns(
    String features, String label, String weight, String validation, String order, boolean anyValue)
    implements Serializable {
  private static final int FEATURES = 0;
  private static final int LABEL = 1;
  private static final int WEIGHT = 2;
  private static final int VALIDATION = 3;

  /**
   * Selects the columns above from a DataFrame, with the rows in the order in which they are
   * numbered.
   */
  Dataset<Row> select(Dataset<?> all) {
    Dataset<Row> rows = all.toDF();
    if (!order.isEmpty()) {
      rows = rows.orderBy(column(order), functions.xxhash64(column(features), column(label)).asc());
    }
    List<Column> selected = new ArrayList<>();
    selected.add(column(features));
    selected.add(column(label).cast(DataTypes.DoubleType));
    selected.add(weight.isEmpty() ? functions.lit(1.0) : column(weight).cast(DataTypes.DoubleType));
    selected.add(
        validation.isEmpty()
            ? functions.lit(false)
            : column(validation).cast(DataTypes.BooleanType));
    return rows.select(selected.toArray(Column[]::new));
  }

  /** Returns a column by name; the name may contain any characters. */
  static Column column(String name) {
    return functions.col('`' + name.replace("`", "``") + '`');
  }

  boolean isWeighted() {
    return !weight.isEmpty();
  }

  /** Returns whether a row is held out. */
  boolean isHeld(Row row) {
    requirePresent(row, VALIDATION, validation);
    return row.getBoolean(VALIDATION);
  }

  /**
   * Returns the class of a row.
   *
   * @throws InputException if it is not a whole number ≥ 0
   */
  int label(Row row) {
    requirePresent(row, LABEL, label);
    double value = row.getDouble(LABEL);
    if (value != Math.rint(value) || value < 0 || value > Integer.MAX_VALUE - 1) {
      throw new InputException(
          "column "
              + label
              + " has "
              + value
              + ": expected classes, whole numbers from 0; "
              + "convert anything else with StringIndexer");
    }
    return (int) value;
  }

  /**
   * Returns the weight of a row.
   *
   * @throws InputException if it is not a finite number ≥ 0
   */
  float weight(Row row) {
    requirePresent(row, WEIGHT, weight);
    double value = row.getDouble(WEIGHT);
    if (!(value >= 0) || !Float.isFinite((float) value)) {
      throw new InputException(
          "column " + weight + " has " + value + ": expected weights, finite numbers from 0 up");
    }
    return (float) value;
  }

  /**
   * Returns the features of a row.
   *
   * @throws InputException if the row has none
   */
  Vector features(Row row) {
    requirePresent(row, FEATURES, features);
    return row.getAs(FEATURES);
  }

  private static void requirePresent(Row row, int at, String column) {
    if (row.isNullAt(at)) {
      throw new InputException(
          "column "
              + column
              + " has a null: expected a value in every row; drop rows without one "
              + "with na().drop()");
    }
  }

  /**
   * Copies features, checking them.
   *
   * @param held whether the row is held out
   * @param target has zeros from {@code at} on, as many as the vector has values; modified
   * @throws InputException if a value is out of its range
   */
  void copy(Vector vector, boolean held, float[] target, int at) {
    copy(vector, target, at, features, anyValue || held);
  }

  /**
   * Copies features, checking them.
   *
   * @param target has zeros from {@code at} on, as many as the vector has values; modified
   * @param column named in messages
   * @param anyValue whether they may be any finite numbers, not only those from 0 to 1
   * @throws InputException if a value is out of its range
   */
  static void copy(Vector vector, float[] target, int at, String column, boolean anyValue) {
    if (vector instanceof SparseVector sparse) {
      int[] indices = sparse.indices();
      double[] values = sparse.values();
      for (int i = 0; i < indices.length; i++) {
        target[at + indices[i]] = checked(values[i], indices[i], column, anyValue);
      }
    } else {
      double[] values = ((DenseVector) vector).values();
      for (int i = 0; i < values.length; i++) {
        target[at + i] = checked(values[i], i, column, anyValue);
      }
    }
  }

  private static float checked(double value, int index, String column, boolean anyValue) {
    float found = (float) value;
    if (anyValue ? Float.isFinite(found) : value >= 0 && value <= 1) {
      return found;
    }
    throw new InputException(
        String.format(
            Locale.ROOT,
            "column %s has %s at index %d: expected %s",
            column,
            value,
            index,
            anyValue
                ? "finite numbers"
                : "numbers from 0 to 1; scale others with MinMaxScaler, or those of a table with"
                    + " network.mean = auto and network.deviation = auto"));
  }
}
