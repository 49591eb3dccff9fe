package org.eqprop.backend.nd4j;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import java.util.ArrayList;
import java.util.List;
import org.eqprop.data.Shape;
import org.eqprop.network.Convolution;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;

/**
 * The windows of a convolution as the rows of a matrix [B·P × in·h·w], and the reverse, the sum
 * over all windows that contain a unit. Without pooling, P counts all places of the window; with
 * pooling, one place of each pool × pool square, and there is one matrix per <em>corner</em>, which
 * is a place in the square.
 *
 * <p>Both directions copy one cell of the window at a time, for all windows. ND4J's own operations
 * for this, {@code im2col} and {@code col2im}, are several times slower in this order of memory.
 */
final class Nd4jWindows {
  private final Shape input;
  private final INDArray matrix;

  /** The image with a rim of zeros, [B × width × height × in], and without it. */
  private final Nd4jStates image;

  private final INDArray inner;

  /** A sum over windows, and one part of it, both with the rim. */
  private final Nd4jStates sum;

  private final INDArray innerSum;
  private final Nd4jStates part;

  /** The sum without the rim. */
  private final Nd4jStates unpadded;

  /** By corner, then in groups of cells that never cover the same unit, whatever the windows. */
  private final List<List<List<Cell>>> corners = new ArrayList<>();

  /**
   * One cell of the window in all windows of a corner: [B × width × height × in] each, live.
   *
   * @param image the values below it in the image
   * @param column its columns of the matrix
   * @param part the place of its columns in a part of the sum
   */
  private record Cell(INDArray image, INDArray column, INDArray part) {}

  Nd4jWindows(Convolution link, int batch, DataType type) {
    input = link.input();
    int rim = link.padding();
    Shape padded = new Shape(input.channels(), input.height() + 2 * rim, input.width() + 2 * rim);
    image = new Nd4jStates(type, batch, padded.size());
    inner = inner(image.images(padded), rim);
    sum = new Nd4jStates(type, batch, padded.size());
    innerSum = inner(sum.images(padded), rim);
    part = new Nd4jStates(type, batch, padded.size());
    unpadded = new Nd4jStates(type, batch, input.size());
    Shape output = link.output();
    int kernel = link.kernel();
    long[] size = {(long) batch * output.area(), (long) input.channels() * kernel * kernel};
    matrix = Nd4j.create(type, size, 'f');
    INDArray columns =
        matrix.reshape(
            'f', batch, output.width(), output.height(), input.channels(), kernel, kernel);
    for (int corner = 0; corner < link.pool() * link.pool(); corner++) {
      int down = corner / link.pool() * link.stride();
      int right = corner % link.pool() * link.stride();
      corners.add(groups(link, down, right, padded, columns));
    }
  }

  private INDArray inner(INDArray padded, int rim) {
    return padded.get(
        all(), interval(rim, rim + input.width()), interval(rim, rim + input.height()), all());
  }

  /**
   * Returns all cells, in groups of step × step neighbours. Windows are one step apart, so the
   * cells of a group never cover the same unit.
   */
  private List<List<Cell>> groups(
      Convolution link, int down, int right, Shape padded, INDArray columns) {
    int step = link.stride() * link.pool();
    List<List<Cell>> groups = new ArrayList<>();
    for (int y = 0; y < link.kernel(); y += step) {
      for (int x = 0; x < link.kernel(); x += step) {
        List<Cell> group = new ArrayList<>();
        for (int a = y; a < Math.min(y + step, link.kernel()); a++) {
          for (int b = x; b < Math.min(x + step, link.kernel()); b++) {
            INDArrayIndex rows = every(step, down + a, link.output().height());
            INDArrayIndex across = every(step, right + b, link.output().width());
            group.add(
                new Cell(
                    image.images(padded).get(all(), across, rows, all()),
                    columns.get(all(), all(), all(), all(), point(a), point(b)),
                    part.images(padded).get(all(), across, rows, all())));
          }
        }
        groups.add(group);
      }
    }
    return groups;
  }

  private static INDArrayIndex every(int step, int from, int count) {
    return interval(from, step, from + step * (count - 1) + 1, false);
  }

  /** Returns the matrix, live. */
  INDArray matrix() {
    return matrix;
  }

  /** Reads the states of the layer below, for {@link #cut}. */
  void read(Nd4jStates below) {
    inner.assign(below.images(input));
  }

  /** Sets the matrix to the contents of a corner's windows over the layer below, and returns it. */
  INDArray cut(int corner) {
    for (List<Cell> group : corners.get(corner)) {
      group.forEach(cell -> cell.column().assign(cell.image()));
    }
    return matrix;
  }

  /** Starts a sum over windows. */
  void clear() {
    sum.array().assign(0);
  }

  /** Adds the matrix: each row to the units that its window covers at a corner. */
  void join(int corner) {
    for (List<Cell> group : corners.get(corner)) {
      part.array().assign(0);
      group.forEach(cell -> cell.part().assign(cell.column()));
      sum.add(1, part);
    }
  }

  /** into ← the sum over windows, plus what was there if {@code add}. */
  void write(Nd4jStates into, boolean add) {
    Nd4jStates to = add ? unpadded : into;
    to.images(input).assign(innerSum);
    if (add) {
      into.add(1, unpadded);
    }
  }

  void close() {
    matrix.close();
    List.of(image, sum, part, unpadded).forEach(Nd4jStates::close);
  }
}
