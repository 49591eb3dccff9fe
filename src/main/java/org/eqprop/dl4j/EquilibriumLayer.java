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
 * An output layer of DL4J that is a whole network trained by equilibrium propagation (Scellier
 * &amp; Bengio 2017, arXiv:1602.05179). {@code fit} relaxes each batch free and nudged, and hands
 * DL4J's updaters the estimate of the gradient of the cost; regularisation, schedules and listeners
 * apply as ever. {@code output} [B × classes] is s_L at the free equilibrium, or of a readout z =
 * s_L V + c, log-probabilities up to a constant; {@code score} is the mean cost there.
 *
 * <p>{@code nIn}, {@code hidden} and {@code nOut} make dense layers n_0 … n_L of states in [0, 1]
 * with the cost Σ ‖s_L − y‖². {@link Builder#network(Network)} takes every network that the keys
 * below {@code network} of a configuration describe: convolutions, other ranges, normalised inputs,
 * the cross-entropy.
 *
 * <p>Inputs are [B × n_0], or [B × channels × height × width] where the network's input is an
 * image, values in [0, 1], which the layer normalises itself; labels are [B × classes], one-hot. A
 * layer below may be one that DL4J trains by backpropagation: it is given the estimate of the
 * gradient with respect to its activations. Parameters are named W1, b1, W2, …, a readout's last, W
 * of its link's shape ([n_0 × n_1], or [out × in × h × w]), b [1 × n_1], or [1 × channels]; weights
 * begin as a run's of the same seed, unless another {@code weightInit} than DL4J's default is set.
 */
public class EquilibriumLayer extends FeedForwardLayer {
  private static final long serialVersionUID = 1L;

  @JsonProperty private int[] hidden = {};

  /** As {@link LayerNetwork#text}; of sizes alone the JSON does not have it. */
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

  /** An immutable list could not cross the network with Spark's Kryo serializer. */
  @JsonProperty private ArrayList<IUpdater> updaters = new ArrayList<>();

  /** That of the text, once it is read. */
  private transient @Nullable Network described;

  /** For DL4J, which fills the fields from JSON. */
  public EquilibriumLayer() {}

  private EquilibriumLayer(Builder builder) {
    super(builder);
    // Of its own, or else DL4J would take the network's for it, and refuse to evaluate with some.
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
   * Returns the layer that learns by a rule: its network, relaxation, estimator, backend, learning
   * rates and their schedule. Epochs, batches and seed are DL4J's to say.
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
   * @throws InputException if what the JSON says of it is not valid
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

  /** Returns the number of layers of weights, also while n_0 is not known yet. */
  int weightLayers() {
    return network.isEmpty() ? hidden.length + 1 : network().weightLayers();
  }

  private Cost cost() {
    return network.isEmpty() ? new SquaredError() : network().cost();
  }

  /** Returns how the network relaxes. */
  public Relaxation relaxation() {
    return new Relaxation(schedule, epsilon, freeSteps, nudgedSteps, tolerance, nudgedStart);
  }

  /** Returns how the gradient is estimated. */
  public GradientEstimator estimator() {
    return new GradientEstimator(estimatorKind, beta);
  }

  /** Returns what computes. */
  public Backend backend() {
    return Backend.named(backend);
  }

  /** Returns how JSON has it: in capitals. */
  private static String text(Backend backend) {
    return backend.name().toUpperCase(Locale.ROOT);
  }

  /** Returns what the first layer learns relative to. */
  public InputCenter inputCenter() {
    return new InputCenter(inputCenter);
  }

  /** Returns the updaters of W_1 and b_1, of W_2 and b_2, …; empty: DL4J's own for all. */
  public List<IUpdater> updaters() {
    return List.copyOf(updaters);
  }

  /**
   * Returns the updater of a layer of weights if it has one of its own, or else DL4J's.
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
    LayerChecks.refuse("dropOut", getIDropout(), "its inverted dropout leaves [0, 1]");
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
   * Makes an {@link EquilibriumLayer}. The defaults are those of the preset {@code mnist}: even-odd
   * sweeps, 5 free and 4 nudged, centered estimates with β 0.4; no hidden layer.
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
     * Sets the network, in place of {@code nIn}, {@code hidden} and {@code nOut}.
     *
     * @throws InputException if the keys below {@code network} of a configuration cannot describe
     *     it, or its normalisation is not measured yet
     */
    public Builder network(Network other) {
      network = LayerNetwork.text(other);
      return nIn(other.inputs()).hidden(LayerNetwork.hidden(other)).nOut(other.outputs());
    }

    /** Sets how the network relaxes. */
    public Builder relaxation(Relaxation settings) {
      relaxation = settings;
      return this;
    }

    /** Sets how the gradient is estimated. */
    public Builder estimator(GradientEstimator kindAndBeta) {
      estimator = kindAndBeta;
      return this;
    }

    /**
     * Sets how the gradient is estimated.
     *
     * @param beta β, not 0; between −½ and ½ with even-odd sweeps
     */
    public Builder estimator(EstimatorKind kind, double beta) {
      return estimator(new GradientEstimator(kind, beta));
    }

    /** Sets what computes; the fastest that there is by default. */
    public Builder backend(Backend which) {
      backend = which;
      return this;
    }

    /**
     * Makes the first layer learn from x − m instead of x, as suits inputs that have much in common
     * (a bright background); what the network computes from x stays the same.
     *
     * @param mean m, the mean of the training inputs [n_0], in [0, 1]; copied; empty: from x
     */
    public Builder inputCenter(float... mean) {
      inputCenter = mean.clone();
      return this;
    }

    /**
     * Gives every layer of weights an updater of its own, in place of the network's.
     *
     * @param each of W_1 and b_1, of W_2 and b_2, …; copied
     */
    public Builder updaters(IUpdater... each) {
      updaters = List.of(each);
      return this;
    }

    /**
     * Gives every layer of weights a learning rate of its own for plain SGD: θ_k ← θ_k − α_k g_k.
     *
     * @param rates α_1 … α_L, each in (0, 100]
     * @throws InvalidValueException if one is not
     */
    public Builder learningRates(double... rates) {
      LayerChecks.checkRates(rates);
      return updaters(Arrays.stream(rates).mapToObj(Sgd::new).toArray(IUpdater[]::new));
    }

    /**
     * Gives every layer of weights a learning rate of its own for plain SGD, that decays by epochs:
     * α_k·decay^epoch.
     *
     * @param decay in (0, 1]
     * @param rates α_1 … α_L, each in (0, 100]
     * @throws InvalidValueException if one is not, or decay is out of its range
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
     * @throws InvalidValueException if a size is out of its range, β does not go with the schedule,
     *     or the updaters are not as many as layers of weights
     */
    @Override
    public EquilibriumLayer build() {
      EquilibriumLayer layer = new EquilibriumLayer(this);
      if (nIn > 0) { // or else DL4J infers it from the input type
        LayerChecks.checkCenter(inputCenter, layer.network());
      }
      estimator.checkAgainst(relaxation.schedule(), layer.cost());
      LayerChecks.checkUpdaters(updaters, layer.weightLayers());
      return layer;
    }
  }
}
