package org.eqprop.dl4j;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.weights.WeightInitXavier;
import org.eqprop.network.Convolution;
import org.eqprop.network.Floats;
import org.eqprop.network.Link;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Weights;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Initializes the parameters W_1, b_1, W_2, b_2, …, with a readout's last, in DL4J's flat parameter
 * array. The order is that of {@link ParameterLayout}, so the layer's flat array equals that of a
 * model file. The keys contain no underscore because DL4J's updaters split «0_W1» at the last one.
 */
final class EquilibriumParams implements ParamInitializer {
  static final EquilibriumParams INSTANCE = new EquilibriumParams();
  private static final String WEIGHT = "W";
  private static final String BIAS = "b";

  private EquilibriumParams() {}

  /** Returns the key of W_k. */
  static String weight(int k) {
    return WEIGHT + k;
  }

  /** Returns the key of b_k. */
  static String bias(int k) {
    return BIAS + k;
  }

  /** Returns the array of a key. */
  static INDArray param(Map<String, INDArray> params, String key) {
    return Objects.requireNonNull(params.get(key), key);
  }

  /** Returns the k of a key. */
  static int layer(String key) {
    return Integer.parseInt(key.substring(1));
  }

  private static IntStream layers(Layer layer) {
    return IntStream.rangeClosed(1, ((EquilibriumLayer) layer).weightLayers());
  }

  private static Network network(Layer layer) {
    return ((EquilibriumLayer) layer).network();
  }

  @Override
  public long numParams(NeuralNetConfiguration conf) {
    return numParams(conf.getLayer());
  }

  @Override
  public long numParams(Layer layer) {
    return network(layer).parameterCount();
  }

  @Override
  public List<String> paramKeys(Layer layer) {
    return layers(layer).boxed().flatMap(k -> Stream.of(weight(k), bias(k))).toList();
  }

  @Override
  public List<String> weightKeys(Layer layer) {
    return layers(layer).mapToObj(EquilibriumParams::weight).toList();
  }

  @Override
  public List<String> biasKeys(Layer layer) {
    return layers(layer).mapToObj(EquilibriumParams::bias).toList();
  }

  @Override
  public boolean isWeightParam(Layer layer, String key) {
    return key.startsWith(WEIGHT);
  }

  @Override
  public boolean isBiasParam(Layer layer, String key) {
    return key.startsWith(BIAS);
  }

  @Override
  public Map<String, INDArray> init(
      NeuralNetConfiguration conf, INDArray paramsView, boolean initializeParams) {
    EquilibriumLayer layer = (EquilibriumLayer) conf.getLayer();
    Map<String, INDArray> params = views(layer.network(), paramsView);
    if (initializeParams) {
      initialize(layer, conf.getSeed(), paramsView, params);
    }
    params.keySet().forEach(conf::addVariable);
    return params;
  }

  private static void initialize(
      EquilibriumLayer layer, long seed, INDArray flat, Map<String, INDArray> params) {
    Network network = layer.network();
    var weightInit = layer.getWeightInitFn();
    if (weightInit == null || weightInit instanceof WeightInitXavier) { // DL4J's default
      try (INDArray drawn =
          Floats.array(Weights.glorotUniform(network, seed).values(), flat.shape())) {
        flat.assign(drawn);
      }
    } else {
      for (int k = 1; k <= network.weightLayers(); k++) {
        Link link = network.link(k);
        INDArray view = param(params, weight(k));
        view.assign(
            weightInit.init(
                fanIn(link), fanOut(link), view.shape(), 'c', view.dup('c').reshape(1, -1)));
      }
    }
    double bias = layer.getBiasInit();
    if (!Double.isNaN(bias)) {
      for (int k = 1; k <= network.weightLayers(); k++) {
        param(params, bias(k)).assign(bias);
      }
    }
    if (!layer.inputCenter().isNone()) {
      Weights weights = new Weights(network, Floats.of(flat)).minusCenter(layer.inputCenter());
      try (INDArray centered = Floats.array(weights.values(), flat.shape())) {
        flat.assign(centered);
      }
    }
  }

  /** Returns the number of weights into a unit above, in DL4J's count, which ignores pooling. */
  private static double fanIn(Link link) {
    return link instanceof Convolution kernel
        ? (double) kernel.input().channels() * kernel.kernel() * kernel.kernel()
        : link.inputs();
  }

  /** Returns the number of weights out of a unit below, in DL4J's count. */
  private static double fanOut(Link link) {
    return link instanceof Convolution kernel
        ? (double) kernel.channels()
            * kernel.kernel()
            * kernel.kernel()
            / kernel.stride()
            / kernel.stride()
        : link.outputs();
  }

  @Override
  public Map<String, INDArray> getGradientsFromFlattened(
      NeuralNetConfiguration conf, INDArray gradientView) {
    return views(network(conf.getLayer()), gradientView);
  }

  private static Map<String, INDArray> views(Network network, INDArray flat) {
    INDArray vector = flat.reshape(flat.length());
    ParameterLayout layout = ParameterLayout.of(network);
    Map<String, INDArray> views = new LinkedHashMap<>();
    for (int k = 1; k <= network.weightLayers(); k++) {
      views.put(weight(k), view(vector, layout.weight(k)));
      views.put(bias(k), view(vector, layout.bias(k)));
    }
    return views;
  }

  private static INDArray view(INDArray vector, ParameterLayout.Tensor tensor) {
    long[] shape =
        tensor.isBias()
            ? new long[] {1, tensor.size()}
            : tensor.shape().stream().mapToLong(Integer::longValue).toArray();
    return vector.get(NDArrayIndex.interval(tensor.from(), tensor.to())).reshape('c', shape);
  }
}
