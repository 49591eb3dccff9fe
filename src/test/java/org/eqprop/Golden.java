package org.eqprop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Schedule;
import org.eqprop.network.Convolution;
import org.eqprop.network.Dense;
import org.eqprop.network.Layer;
import org.eqprop.network.Link;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.eqprop.network.Pooling;
import org.eqprop.network.Range;
import org.eqprop.network.SquaredError;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One file of golden vectors: float64 results for a small network. {@code
 * src/test/python/make_golden.py} makes them with the PyTorch notebook's own class, and {@code
 * make_convolutions.py} those with convolutions.
 */
public record Golden(String name, JsonNode json) {
  private static final Path FOLDER = Path.of("src/test/resources/golden");

  /** System property that names another folder of such files, to run the tests on more of them. */
  private static final String MORE = "eqprop.golden";

  @Override
  public String toString() {
    return name;
  }

  /** Returns every {@code *.json} in the test resources, whatever its name, sizes and depth. */
  public static List<Golden> all() {
    List<Golden> golden = new ArrayList<>(in(FOLDER));
    String more = System.getProperty(MORE);
    if (more != null) {
      List<Golden> others = in(Path.of(more));
      if (others.isEmpty()) {
        throw new IllegalArgumentException(MORE + " = " + more + ": no *.json in this folder");
      }
      golden.addAll(others);
    }
    return golden;
  }

  /** Returns only the networks without convolutions. */
  public static List<Golden> dense() {
    return all().stream().filter(golden -> golden.json.has("sizes")).toList();
  }

  private static List<Golden> in(Path folder) {
    ObjectMapper mapper = new ObjectMapper();
    List<Golden> golden = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
        golden.add(new Golden(file.getFileName().toString(), mapper.readTree(file.toFile())));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return golden;
  }

  /**
   * The results of both phases with one schedule.
   *
   * @param json has {@code free}, {@code nudgedFromZeros}, {@code nudgedFromFree}, {@code
   *     gradients}
   * @param freeSteps steps of the free phase that nudged phases and gradients start from
   */
  public record Phases(
      Golden golden,
      Schedule schedule,
      JsonNode json,
      double beta,
      int freeSteps,
      int nudgedSteps) {
    @Override
    public String toString() {
      return golden + " " + schedule;
    }

    public Relaxation relaxation(NudgedStart start) {
      return new Relaxation(schedule, golden.number("epsilon"), freeSteps, nudgedSteps, 0, start);
    }
  }

  /**
   * Returns the synchronous steps of every file, and the even-odd sweeps of files that have them.
   */
  public static List<Phases> allPhases() {
    List<Phases> phases = new ArrayList<>();
    for (Golden golden : all()) {
      phases.add(golden.phases(Schedule.SYNCHRONOUS, golden.json, "freeSteps", "nudgedSteps"));
      JsonNode sweeps = golden.json.get("evenOdd");
      if (sweeps != null) {
        phases.add(golden.phases(Schedule.EVEN_ODD, sweeps, "freeSweeps", "nudgedSweeps"));
      }
    }
    return phases;
  }

  private Phases phases(Schedule schedule, JsonNode node, String free, String nudged) {
    return new Phases(
        this,
        schedule,
        node,
        node.get("beta").asDouble(),
        node.get(free).asInt(),
        node.get(nudged).asInt());
  }

  public Network network() {
    if (!json.has("sizes")) {
      return convolutions();
    }
    List<Integer> sizes = new ArrayList<>();
    json.get("sizes").forEach(n -> sizes.add(n.asInt()));
    return Network.dense(sizes);
  }

  private Network convolutions() {
    Shape input = shape(json.get("input"));
    List<Layer> layers = new ArrayList<>();
    List<Link> links = new ArrayList<>();
    Shape below = input;
    for (JsonNode node : json.get("layers")) {
      if (node.has("units")) {
        links.add(new Dense(below.size(), node.get("units").asInt()));
        below = Shape.vector(node.get("units").asInt());
      } else {
        Convolution link = convolution(below, node);
        links.add(link);
        below = link.output();
      }
      layers.add(new Layer(below, Range.HARD_SIGMOID, 1));
    }
    return new Network(input, layers, links, new SquaredError());
  }

  /** Returns the shape in a node [channels, height, width]. */
  public static Shape shape(JsonNode node) {
    return new Shape(node.get(0).asInt(), node.get(1).asInt(), node.get(2).asInt());
  }

  /** Returns the convolution whose parameters a node contains by name. */
  public static Convolution convolution(Shape input, JsonNode node) {
    return new Convolution(
        input,
        node.get("channels").asInt(),
        node.get("kernel").asInt(),
        node.get("stride").asInt(),
        node.get("padding").asInt(),
        Pooling.valueOf(node.get("pooling").asText().toUpperCase(Locale.ROOT)),
        node.get("pool").asInt());
  }

  public double number(String field) {
    return json.get(field).asDouble();
  }

  public Parameters parameters(DataType type) {
    return parameters(json, type);
  }

  /** Returns the parameters or gradients in a node that has {@code weights} and {@code biases}. */
  public Parameters parameters(JsonNode node, DataType type) {
    Parameters parameters = Parameters.zeros(network(), type);
    for (int k = 1; k <= network().depth(); k++) {
      JsonNode weight = node.get("weights").get(k - 1);
      INDArray rows =
          weight.get(0).isArray()
              ? matrix(weight, type)
              : Nd4j.create(vector(weight), parameters.weight(k).shape(), 'c');
      parameters.weight(k).assign(rows);
      INDArray bias = Nd4j.createFromArray(vector(node.get("biases").get(k - 1)));
      parameters.bias(k).assign(bias.castTo(type).reshape(1, bias.length()));
    }
    return parameters;
  }

  public INDArray x(DataType type) {
    return matrix(json.get("x"), type);
  }

  public int[] labels() {
    return integers(json.get("labels"));
  }

  public INDArray target(DataType type) {
    int[] labels = labels();
    INDArray y = Nd4j.zeros(type, labels.length, network().outputs());
    for (int i = 0; i < labels.length; i++) {
      y.putScalar(i, labels[i], 1);
    }
    return y;
  }

  /** Returns the states s_1 … s_L in a node that is an array of matrices. */
  public List<INDArray> states(JsonNode node, DataType type) {
    List<INDArray> states = new ArrayList<>();
    node.forEach(matrix -> states.add(matrix(matrix, type)));
    return states;
  }

  public static double[] vector(JsonNode node) {
    double[] values = new double[node.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = node.get(i).asDouble();
    }
    return values;
  }

  public static int[] integers(JsonNode node) {
    int[] values = new int[node.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = node.get(i).asInt();
    }
    return values;
  }

  public static INDArray matrix(JsonNode node, DataType type) {
    double[][] rows = new double[node.size()][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = vector(node.get(i));
    }
    return Nd4j.createFromArray(rows).castTo(type);
  }
}
