package org.eqprop.dl4j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.LayerValidation;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.nn.conf.memory.MemoryReport;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.eqprop.backend.Backend;
import org.eqprop.base.InputException;
import org.eqprop.base.InvalidValueException;
import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Schedule;
import org.eqprop.learning.EstimatorKind;
import org.eqprop.learning.GradientEstimator;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.network.Cost;
import org.eqprop.network.Network;
import org.eqprop.network.SquaredError;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.shade.jackson.annotation.JsonInclude;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * A DL4J output layer that is a whole network trained by equilibrium propagation (Scellier &amp;
 * Bengio 2017, arXiv:1602.05179). {@code fit} relaxes each batch in the free and nudged phases, and
 * passes the estimated gradient of the cost to DL4J's updaters; regularisation, schedules and
 * listeners work as usual. {@code output} [B × classes] is s_L at the free equilibrium or, with a
 * readout, z = s_L V + c, log-probabilities up to a constant; {@code score} is the mean cost there.
 *
 * <p>{@code nIn}, {@code hidden} and {@code nOut} define dense layers n_0 … n_L of states in [0, 1]
 * with the cost ‖s_L − y‖² of each example. {@link Builder#network(Network)} accepts every network
 * that the configuration keys below {@code network} can describe: convolutions, other ranges,
 * normalised inputs, the cross-entropy.
 *
 * <p>Inputs are [B × n_0], or [B × channels × height × width] if the network's input is an image,
 * with values in [0, 1], which the layer normalises itself; labels are [B × classes], one-hot. A
 * layer below may be trained by DL4J through backpropagation: it receives the estimate of the
 * gradient with respect to its activations. Parameters are named W1, b1, W2, …, with a readout's
 * last. W has the shape of its link ([n_0 × n_1], or [out × in × h × w]), b is [1 × n_1], or [1 ×
 * channels]. Initial weights are those of a run with the same seed, unless {@code weightInit}
 * differs from DL4J's default.
 */
public class EquilibriumLayer extends FeedForwardLayer {
  private static final long serialVersionUID = 1L;

  @JsonProperty private int[] hidden = {};

  /**
   * See {@link LayerNetwork#text}; left out of the JSON if the sizes describe the network
   * completely.
   */
  @JsonProperty
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  private String network = "";

  @JsonProperty private Schedule schedule = Schedule.EVEN_ODD;
  @JsonProperty private double epsilon = 0.5;
  @JsonProperty private int freeSteps = 5;
  @JsonProperty private int nudgedSteps = 4;
  @JsonProperty private double tolerance;
  @JsonProperty private NudgedStart nudgedStart = NudgedStart.FREE;
  @JsonProperty private EstimatorKind estimatorKind = EstimatorKind.CENTERED;
  @JsonProperty private double beta = 0.4;
  @JsonProperty private String backend = text(Backend.AUTO);
  @JsonProperty private float[] inputCenter = {};

  /** Mutable, since an immutable list does not survive Spark's Kryo serializer. */
  @JsonProperty private ArrayList<IUpdater> updaters = new ArrayList<>();

  /** The network of the text, once it is parsed. */
  private transient @Nullable Network described;

  /** Creates a layer for DL4J, which fills the fields from JSON. */
  public EquilibriumLayer() {}

  private EquilibriumLayer(Builder builder) {
    super(builder);
    // Set explicitly: otherwise DL4J would use the network's, and refuse to evaluate with some.
    setActivationFn(new ActivationIdentity());
    hidden = builder.hidden;
    network = builder.network;
    schedule = builder.relaxation.schedule();
    epsilon = builder.relaxation.epsilon();
    freeSteps = builder.relaxation.freeSteps();
    nudgedSteps = builder.relaxation.nudgedSteps();
    tolerance = builder.relaxation.tolerance();
    nudgedStart = builder.relaxation.nudgedStart();
    estimatorKind = builder.estimator.kind();
    beta = builder.estimator.beta();
    backend = text(builder.backend);
    inputCenter = builder.inputCenter;
    updaters = new ArrayList<>(builder.updaters);
    initializeConstraints(builder);
  }

  /**
   * Returns the layer of a spec, with its network, relaxation, estimator, backend, learning rates
   * and their schedule. DL4J sets the epochs, batches and seed.
   *
   * @throws InputException as {@link Builder#network(Network)}
   */
  public static EquilibriumLayer of(ReplicaSpec spec) {
    return new Builder()
        .network(spec.network())
        .relaxation(spec.relaxation())
        .estimator(spec.estimator())
        .backend(spec.backend())
        .updaters(RateSchedules.updaters(spec.hyperparameters()))
        .inputCenter(spec.inputCenter().values())
        .build();
  }

  /**
   * Returns the network.
   *
   * @throws InputException if its description in the JSON is not valid
   */
  public Network network() {
    if (network.isEmpty()) {
      return LayerNetwork.dense(nIn, hidden, nOut);
    }
    Network known = described;
    if (known == null) {
      known = LayerNetwork.described(network);
      described = known;
    }
    LayerNetwork.requireSizes(known, nIn, hidden, nOut);
    return known;
  }

  /** Returns the number of layers of weights, even if n_0 is not known yet. */
  int weightLayers() {
    return network.isEmpty() ? hidden.length + 1 : network().weightLayers();
  }

  private Cost cost() {
    return network.isEmpty() ? new SquaredError() : network().cost();
  }

  /** Returns the settings of the relaxation. */
  public Relaxation relaxation() {
    return new Relaxation(schedule, epsilon, freeSteps, nudgedSteps, tolerance, nudgedStart);
  }

  /** Returns the gradient estimator. */
  public GradientEstimator estimator() {
    return new GradientEstimator(estimatorKind, beta);
  }

  /** Returns the compute backend. */
  public Backend backend() {
    return Backend.named(backend);
  }

  /** Returns the backend's name in JSON, in capitals. */
  private static String text(Backend backend) {
    return backend.name().toUpperCase(Locale.ROOT);
  }

  /** Returns the center of the inputs that the first layer learns from. */
  public InputCenter inputCenter() {
    return new InputCenter(inputCenter);
  }

  /** Returns the updaters of W_1 and b_1, of W_2 and b_2, …; empty: DL4J's updater for all. */
  public List<IUpdater> updaters() {
    return List.copyOf(updaters);
  }

  /**
   * Returns a weight layer's own updater, or else DL4J's.
   *
   * @param paramName W1, b1, W2, …
   */
  @Override
  public IUpdater getUpdaterByParam(String paramName) {
    return updaters.isEmpty()
        ? super.getUpdaterByParam(paramName)
        : updaters.get(EquilibriumParams.layer(paramName) - 1);
  }

  @Override
  public Layer instantiate(
      NeuralNetConfiguration conf,
      Collection<TrainingListener> listeners,
      int index,
      INDArray paramsView,
      boolean initialize,
      DataType type) {
    LayerValidation.assertNInNOutSet("EquilibriumLayer", getLayerName(), index, nIn, nOut);
    LayerChecks.refuse(
        "dropOut", getIDropout(), "DL4J's inverted dropout moves values out of [0, 1]");
    LayerChecks.refuse("weightNoise", getWeightNoise(), "both phases need the same weights");
    estimator().checkAgainst(relaxation().schedule(), cost());
    LayerChecks.checkUpdaters(updaters, weightLayers());
    LayerChecks.checkCenter(inputCenter, network());
    EquilibriumNetwork layer = new EquilibriumNetwork(conf, type);
    layer.setListeners(listeners);
    layer.setIndex(index);
    layer.setParamsViewArray(paramsView);
    layer.setParamTable(initializer().init(conf, paramsView, initialize));
    layer.setConf(conf);
    return layer;
  }

  @Override
  public ParamInitializer initializer() {
    return EquilibriumParams.INSTANCE;
  }

  @Override
  public LayerMemoryReport getMemoryReport(InputType inputType) {
    long states = network().sizes().stream().skip(1).mapToLong(Integer::longValue).sum();
    return new LayerMemoryReport.Builder(
            layerName, EquilibriumLayer.class, inputType, InputType.feedForward(nOut))
        .standardMemory(network().parameterCount(), 0)
        .workingMemory(network().parameterCount(), nIn + states, 0, nIn + 3 * states)
        .cacheMemory(MemoryReport.CACHE_MODE_ALL_ZEROS, MemoryReport.CACHE_MODE_ALL_ZEROS)
        .build();
  }

  private List<Object> own() {
    return List.of(
        Arrays.hashCode(hidden),
        network,
        relaxation(),
        estimator(),
        backend,
        updaters,
        inputCenter());
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof EquilibriumLayer that
        && super.equals(other)
        && Arrays.equals(hidden, that.hidden)
        && own().equals(that.own());
  }

  @Override
  protected boolean canEqual(Object other) {
    return other instanceof EquilibriumLayer;
  }

  @Override
  public int hashCode() {
    return Objects.hash(super.hashCode(), own());
  }

  @Override
  public String toString() {
    return "EquilibriumLayer("
        + (network.isEmpty() ? nIn + "-" + Arrays.toString(hidden) + "-" + nOut : network)
        + ", "
        + relaxation()
        + ", "
        + estimator()
        + ")";
  }

  /**
   * Builds an {@link EquilibriumLayer}. The defaults are those of the preset {@code mnist}:
   * even-odd sweeps, 5 free and 4 nudged, centered estimates with β 0.4; but no hidden layer.
   */
  @SuppressWarnings("unchecked") // DL4J's build() may return any layer
  public static class Builder extends FeedForwardLayer.Builder<Builder> {
    private int[] hidden = {};
    private String network = "";
    private Relaxation relaxation =
        new Relaxation(Schedule.EVEN_ODD, 0.5, 5, 4, 0, NudgedStart.FREE);
    private GradientEstimator estimator = new GradientEstimator(EstimatorKind.CENTERED, 0.4);
    private Backend backend = Backend.AUTO;
    private List<IUpdater> updaters = List.of();
    private float[] inputCenter = {};

    /**
     * Sets the sizes of the hidden layers.
     *
     * @param sizes n_1 … n_{L−1}; copied
     */
    public Builder hidden(int... sizes) {
      hidden = sizes.clone();
      return this;
    }

    /**
     * Sets the network, instead of {@code nIn}, {@code hidden} and {@code nOut}.
     *
     * @throws InputException if the configuration keys below {@code network} cannot describe it, or
     *     its normalisation is not measured yet
     */
    public Builder network(Network other) {
      network = LayerNetwork.text(other);
      return nIn(other.inputs()).hidden(LayerNetwork.hidden(other)).nOut(other.outputs());
    }

    /** Sets the relaxation. */
    public Builder relaxation(Relaxation settings) {
      relaxation = settings;
      return this;
    }

    /** Sets the gradient estimator. */
    public Builder estimator(GradientEstimator kindAndBeta) {
      estimator = kindAndBeta;
      return this;
    }

    /**
     * Sets the gradient estimator.
     *
     * @param beta β, not 0; between −½ and ½ with even-odd sweeps
     */
    public Builder estimator(EstimatorKind kind, double beta) {
      return estimator(new GradientEstimator(kind, beta));
    }

    /** Sets the compute backend; by default the fastest available. */
    public Builder backend(Backend which) {
      backend = which;
      return this;
    }

    /**
     * Makes the first layer learn from x − m instead of x, which suits inputs that have much in
     * common (a bright background). The network still computes the same outputs from x.
     *
     * @param mean m, the mean of the training inputs [n_0], in [0, 1]; copied; empty: learn from x
     */
    public Builder inputCenter(float... mean) {
      inputCenter = mean.clone();
      return this;
    }

    /**
     * Gives every layer of weights its own updater, instead of the network's.
     *
     * @param each of W_1 and b_1, of W_2 and b_2, …; copied
     */
    public Builder updaters(IUpdater... each) {
      updaters = List.of(each);
      return this;
    }

    /**
     * Gives every layer of weights its own learning rate for plain SGD: θ_k ← θ_k − α_k g_k.
     *
     * @param rates one per layer of weights, input side first, a readout's last; each in (0, 100]
     * @throws InvalidValueException if a rate is out of its range
     */
    public Builder learningRates(double... rates) {
      LayerChecks.checkRates(rates);
      return updaters(Arrays.stream(rates).mapToObj(Sgd::new).toArray(IUpdater[]::new));
    }

    /**
     * Gives every layer of weights its own learning rate for plain SGD, which decays per epoch:
     * α_k·decay^epoch.
     *
     * @param decay in (0, 1]
     * @param rates one per layer of weights, input side first, a readout's last; each in (0, 100]
     * @throws InvalidValueException if a rate or the decay is out of its range
     */
    public Builder learningRates(double decay, double[] rates) {
      LayerChecks.checkRates(rates);
      InvalidValueException.check(decay > 0 && decay <= 1, "decay", decay, "a number in (0, 1]");
      return updaters(
          Arrays.stream(rates)
              .mapToObj(rate -> new Sgd(RateSchedules.exponential(rate, decay)))
              .toArray(IUpdater[]::new));
    }

    /**
     * Returns the layer.
     *
     * @throws InvalidValueException if a size is out of its range, β does not fit the schedule, or
     *     the number of updaters is not that of the layers of weights
     */
    @Override
    public EquilibriumLayer build() {
      EquilibriumLayer layer = new EquilibriumLayer(this);
      if (nIn > 0) { // otherwise DL4J infers it from the input type
        LayerChecks.checkCenter(inputCenter, layer.network());
      }
      estimator.checkAgainst(relaxation.schedule(), layer.cost());
      LayerChecks.checkUpdaters(updaters, layer.weightLayers());
      return layer;
    }
  }
}
