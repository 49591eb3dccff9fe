package org.eqprop.learning;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.eqprop.base.RandomStream;
import org.eqprop.data.Examples;
import org.eqprop.data.InputCenter;
import org.eqprop.device.DeviceArray;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.TrainingStep;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Weights;

/**
 * Equilibrium propagation in one thread: per batch the free phase, the nudged phases, and the
 * update. Every replica runs exactly this, and a job with one replica gives the same result bit for
 * bit.
 *
 * <p>There are two ways to update. Plain SGD adds the contrast directly to the relaxer's own
 * weights, wherever and in whatever layout they are stored, which saves a pass over them. Every
 * other {@link Updater} needs the gradient itself: it moves a copy of the weights, which the
 * relaxer then loads. Imperfect devices also take this second way, because they decide how far an
 * update moves their weights; see {@link DeviceArray}.
 */
public final class LocalTrainer {
  private final ReplicaSpec spec;
  private final Relaxer relaxer;
  private final ParameterLayout layout;
  private final Updater updater;
  private final boolean straight;
  private final DeviceArray devices;
  private final List<Weights> state;
  private long updates;

  /**
   * Creates a trainer whose updater's state is zero.
   *
   * @param spec how to learn
   * @param relaxer a relaxer for the spec's hardware; holds the parameters; modified by training;
   *     the caller closes it
   * @throws IllegalStateException if the spec needs an input center that it does not have
   */
  public LocalTrainer(ReplicaSpec spec, Relaxer relaxer) {
    this(spec, relaxer, UpdaterState.ZERO);
  }

  /**
   * @param spec how to learn
   * @param relaxer a relaxer for the spec's hardware; holds the parameters; modified by training;
   *     the caller closes it
   * @param start the updater's state to continue from; not modified
   * @throws IllegalStateException if the spec needs an input center that it does not have
   * @throws IllegalArgumentException if the state belongs to another update rule or network
   */
  public LocalTrainer(ReplicaSpec spec, Relaxer relaxer, UpdaterState start) {
    this(
        spec,
        relaxer,
        spec.hyperparameters().updater().updater(),
        spec.hyperparameters().updater().isPlain(),
        start);
  }

  /**
   * Creates a trainer with a custom update rule, whose state is zero.
   *
   * @param spec how to learn; only the weight decay of its update rule is used
   * @param relaxer a relaxer for the spec's hardware; holds the parameters; modified by training;
   *     the caller closes it
   * @param updater moves the weights
   * @throws IllegalStateException if the spec needs an input center that it does not have
   */
  public LocalTrainer(ReplicaSpec spec, Relaxer relaxer, Updater updater) {
    this(spec, relaxer, updater, false, UpdaterState.ZERO);
  }

  private LocalTrainer(
      ReplicaSpec spec, Relaxer relaxer, Updater updater, boolean straight, UpdaterState start) {
    spec.requireCenter();
    this.spec = spec;
    this.relaxer = relaxer;
    this.layout = ParameterLayout.of(spec.network());
    this.updater = updater;
    this.straight = straight && spec.devices().isNone();
    this.devices = spec.newDeviceArray();
    start.requireFor(updater.stateSize(), spec.network());
    this.state =
        IntStream.range(0, updater.stateSize())
            .mapToObj(
                j -> start.isZero() ? Weights.zeros(spec.network()) : start.values().get(j).copy())
            .toList();
    this.updates = start.updates();
  }

  /** Returns a copy of the updater's current state. */
  public UpdaterState updaterState() {
    return state.isEmpty()
        ? UpdaterState.ZERO
        : new UpdaterState(state.stream().map(Weights::copy).toList(), updates);
  }

  /**
   * Trains on one round of an epoch. The batches follow the epoch's own permutation of the
   * partition. Neither the batches of an epoch nor its augmented images depend on the number of
   * rounds.
   *
   * @param images the partition's examples; not modified
   * @param share which epoch, round and partition
   * @param progress receives each batch's measurement at its free equilibrium, before the update
   * @return the sum of those measurements: the running training error
   */
  public Measurement train(Examples images, RoundAssignment share, Consumer<Measurement> progress) {
    Measurement[] total = {Measurement.none(spec.network().depth())};
    Consumer<Measurement> told =
        measured -> {
          progress.accept(measured);
          total[0] = total[0].plus(measured);
        };
    Hyperparameters hyperparameters = spec.hyperparameters();
    Batches batches = Batches.of(hyperparameters, images.size(), share);
    Examples seen =
        hyperparameters
            .augmentation()
            .applied(images, hyperparameters.seed(), share.epoch(), share.partition());
    List<Double> rates = hyperparameters.tensorRates(share.epoch());
    if (straight) {
      relaxer.train(seen, batches.order(), steps(batches, share, rates), told);
    } else {
      List<Double> gradient = Collections.nCopies(rates.size(), -1.0);
      begin(share);
      update(seen, batches, share, steps(batches, share, gradient), tensorSteps(rates), told);
      relaxer.nameNoise(0);
    }
    return total[0];
  }

  /** Loads the synapses as they are at the start of the round. */
  private void begin(RoundAssignment share) {
    if (!spec.devices().isNone()) {
      relaxer.load(devices.begun(relaxer.weights(), share.epoch(), share.round()));
    }
  }

  private void update(
      Examples images,
      Batches batches,
      RoundAssignment share,
      List<TrainingStep> steps,
      List<TensorStep> tensors,
      Consumer<Measurement> progress) {
    // With an input center m, the updater moves W_1 and b_1 + m W_1, the bias for inputs x − m.
    InputCenter center = spec.inputCenter();
    Weights weights = relaxer.weights().plusCenter(center);
    List<float[]> arrays = state.stream().map(Weights::values).toList();
    boolean exact = devices.isExact();
    List<Batches.Batch> list = batches.list();
    for (int i = 0; i < steps.size(); i++) {
      TrainingStep step = steps.get(i);
      long batch = list.get(i).number();
      relaxer.nameNoise(share.epoch(), share.partition(), batch);
      relaxer.clamp(images, batches.order(), step.from(), step.to());
      relaxer.relaxFree();
      Measurement measured = relaxer.measure(Equilibrium.FREE);
      relaxer.relaxNudged(Equilibrium.NUDGED, step.beta());
      if (step.centered()) {
        relaxer.relaxNudged(Equilibrium.COUNTER_NUDGED, -step.beta());
      }
      Weights gradient =
          relaxer
              .contrast(Equilibrium.NUDGED, step.minus(), step.coefficients())
              .plusCenter(center);
      updates++;
      Weights moved = exact ? weights : weights.copy();
      for (TensorStep tensor : tensors) {
        updater.step(moved.values(), gradient.values(), arrays, tensor, updates);
      }
      if (!exact) {
        devices.update(weights, moved, share.epoch(), share.partition(), batch);
      }
      relaxer.load(weights.minusCenter(center));
      progress.accept(measured);
    }
  }

  /** Returns the rate and the decay of each tensor, in the layout's order; biases do not decay. */
  private List<TensorStep> tensorSteps(List<Double> rates) {
    double decay = spec.hyperparameters().updater().weightDecay();
    List<TensorStep> steps = new ArrayList<>();
    for (ParameterLayout.Tensor tensor : layout.tensors()) {
      double rate = rates.get(steps.size());
      steps.add(new TensorStep(tensor.from(), tensor.to(), rate, tensor.isBias() ? 0 : decay));
    }
    return steps;
  }

  private List<TrainingStep> steps(Batches batches, RoundAssignment share, List<Double> factors) {
    return batches.list().stream().map(batch -> step(share, batch, factors)).toList();
  }

  private TrainingStep step(RoundAssignment share, Batches.Batch batch, List<Double> factors) {
    GradientEstimator estimator = spec.estimator();
    var signs =
        RandomStream.SIGN.of(
            spec.hyperparameters().seed(), share.epoch(), share.partition(), batch.number());
    double beta = estimator.signedBeta(signs);
    double[] coefficients =
        TrainingStep.coefficients(spec.network(), factors, estimator.scale(beta), batch.size());
    boolean centered = estimator.kind() == EstimatorKind.CENTERED;
    return new TrainingStep(batch.from(), batch.to(), beta, centered, coefficients);
  }
}
