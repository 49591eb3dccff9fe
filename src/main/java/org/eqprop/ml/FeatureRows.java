package org.eqprop.ml;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.eqprop.base.InputException;

/**
 * Assembles one vector from several columns: numbers, booleans, arrays and vectors of numbers,
 * bytes (0…255 become 0…1) and images from Spark's reader (channels in the order red, green, blue,
 * each row by row, 0…1).
 */
final class FeatureRows implements MapFunction<Row, Row> {
  private static final int LONGEST_NAME = 60;
  private static final long serialVersionUID = 1L;
  private static final List<String> IMAGE = List.of("origin", "height", "width", "nChannels");
  private static final double WHITE = 255;

  private final String[] names;

  private FeatureRows(String[] names) {
    this.names = names;
  }

  /**
   * Returns rows of features, label and an unchanged last column. For messages, the first two are
   * named after the columns that they are made of.
   *
   * @param rows the feature columns, the label, and the last column
   * @param last name of the last column, which holds whole numbers
   * @throws InputException if a column's type is none of those above
   */
  static Dataset<Row> of(Dataset<Row> rows, String last) {
    StructField[] fields = rows.schema().fields();
    for (int i = 0; i < fields.length - 2; i++) {
      if (!isKnown(fields[i].dataType())) {
        throw new InputException(
            "column "
                + fields[i].name()
                + " is of type "
                + fields[i].dataType().simpleString()
                + ": expected numbers, vectors, bytes or images; choose the feature columns"
                + " with data.table.features (--features); CSV has numbers with --option"
                + " inferSchema=true");
      }
    }
    DataType label = fields[fields.length - 2].dataType();
    if (!(label instanceof NumericType)) {
      throw new InputException(
          "column "
              + fields[fields.length - 2].name()
              + " is of type "
              + label.simpleString()
              + ": expected classes, whole numbers from 0; CSV has numbers with --option"
              + " inferSchema=true");
    }
    String names =
        Arrays.stream(fields)
            .limit(fields.length - 2)
            .map(StructField::name)
            .collect(Collectors.joining(", "));
    String labelName = fields[fields.length - 2].name();
    boolean isClear =
        names.length() <= LONGEST_NAME && !names.equals(labelName) && !names.equals(last);
    StructType made =
        new StructType()
            .add(isClear ? names : "features", SQLDataTypes.VectorType())
            .add(isClear && !labelName.equals(last) ? labelName : "label", DataTypes.DoubleType)
            .add(last, DataTypes.LongType);
    return rows.map((MapFunction<Row, Row>) new FeatureRows(rows.columns()), Encoders.row(made));
  }

  private static boolean isKnown(DataType type) {
    return type instanceof NumericType
        || type instanceof BooleanType
        || type instanceof BinaryType
        || type.equals(SQLDataTypes.VectorType())
        || (type instanceof ArrayType array && array.elementType() instanceof NumericType)
        || (type instanceof StructType struct && List.of(struct.fieldNames()).containsAll(IMAGE));
  }

  @Override
  public Row call(Row row) {
    int count = row.length() - 2;
    double[] values = new double[0];
    for (int i = 0; i < count; i++) {
      if (row.isNullAt(i)) {
        throw new InputException(
            "column " + names[i] + " has a null: expected a value in every row");
      }
      double[] more = values(row.get(i), row, i);
      int at = values.length;
      values = count == 1 ? more : Arrays.copyOf(values, at + more.length);
      if (count > 1) {
        System.arraycopy(more, 0, values, at, more.length);
      }
    }
    if (row.isNullAt(count)) {
      throw new InputException(
          "column " + names[count] + " has a null: expected a class in every row");
    }
    double label = ((Number) row.get(count)).doubleValue();
    return RowFactory.create(Vectors.dense(values), label, row.getLong(count + 1));
  }

  private static double[] values(Object value, Row row, int at) {
    if (value instanceof Number number) {
      return new double[] {number.doubleValue()};
    }
    if (value instanceof Boolean flag) {
      return new double[] {flag ? 1 : 0};
    }
    if (value instanceof Vector vector) {
      return vector.toArray();
    }
    if (value instanceof byte[] bytes) {
      double[] values = new double[bytes.length];
      Arrays.setAll(values, j -> (bytes[j] & 0xff) / WHITE);
      return values;
    }
    if (value instanceof Row image) {
      return image(image);
    }
    return row.<Number>getList(at).stream().mapToDouble(Number::doubleValue).toArray();
  }

  /**
   * Spark stores images row by row from the top, each pixel as blue, green, red, and perhaps alpha.
   */
  private static double[] image(Row image) {
    int height = image.<Integer>getAs("height");
    int width = image.<Integer>getAs("width");
    int stored = image.<Integer>getAs("nChannels");
    byte[] data = image.getAs("data");
    int channels = stored == 1 ? 1 : 3;
    int area = height * width;
    if (height < 1 || width < 1 || data.length != area * stored) {
      throw new InputException(
          image.<String>getAs("origin") + ": Spark cannot decode the picture: expected an image");
    }
    double[] values = new double[channels * area];
    for (int c = 0; c < channels; c++) {
      int from = channels - 1 - c;
      for (int p = 0; p < area; p++) {
        values[c * area + p] = (data[p * stored + from] & 0xff) / WHITE;
      }
    }
    return values;
  }
}
