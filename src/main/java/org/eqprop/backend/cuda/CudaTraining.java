package org.eqprop.backend.cuda;

import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.eqprop.data.Examples;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.TrainingStep;

/**
 * Trains on many batches in chunks of some thousand examples, with one kernel start per chunk. The
 * weights stay on the card, and while it computes a chunk, the host lists the operations of the
 * next one. Owns no GPU memory.
 */
final class CudaTraining {
  /** The maximum number of examples whose inputs are on the card at a time; 26 MB for MNIST. */
  private static final int MOST_ROWS = 8192;

  private final CudaNetwork card;
  private final CudaExamples examples;
  private final CudaMeasurements measurements;
  private final CudaScript script;
  private final CudaPhases phases;

  CudaTraining(
      CudaNetwork card,
      CudaExamples examples,
      CudaMeasurements measurements,
      CudaScript script,
      CudaPhases phases) {
    this.card = card;
    this.examples = examples;
    this.measurements = measurements;
    this.script = script;
    this.phases = phases;
  }

  /**
   * Trains on batches one after the other, as {@link org.eqprop.dynamics.Relaxer#train} specifies.
   *
   * @param images not modified
   * @param order indices into {@code images}; not modified
   * @param steps the batches, in turn
   * @param progress called with each batch's measurement, in turn, once its chunk is computed
   * @throws RuntimeException whatever the GPU, a step's β or {@code progress} throws; the list of
   *     operations is empty then
   */
  void train(
      Examples images, int[] order, List<TrainingStep> steps, Consumer<Measurement> progress) {
    try {
      trainInChunks(images, order, chunks(steps), progress);
    } catch (RuntimeException e) {
      script.clear(); // of a chunk that has not started
      throw e;
    } finally {
      Reference.reachabilityFence(images); // their pixels on the card are freed with them
    }
  }

  private void trainInChunks(
      Examples images,
      int[] order,
      List<List<TrainingStep>> chunks,
      Consumer<Measurement> progress) {
    List<TrainingStep> running = List.of();
    for (List<TrainingStep> chunk : chunks) {
      chunk.forEach(step -> phases.addStep(step, step.from() - chunk.get(0).from()));
      double[] results =
          results(running); // while the card computed, the next operations were listed
      card.reserve(chunk.stream().mapToInt(TrainingStep::size).max().orElseThrow());
      examples.place(images, order, chunk.get(0).from(), end(chunk));
      measurements.reserve(rows(chunk));
      script.run();
      tell(running, results, progress);
      running = chunk;
    }
    tell(running, results(running), progress);
  }

  /** Cuts steps into runs whose examples are consecutive in the order and fit on the card. */
  private static List<List<TrainingStep>> chunks(List<TrainingStep> steps) {
    List<List<TrainingStep>> chunks = new ArrayList<>();
    for (int from = 0, to = 0; from < steps.size(); from = to) {
      int begin = steps.get(from).from();
      for (to = from + 1; to < steps.size(); to++) {
        TrainingStep next = steps.get(to);
        if (next.from() != steps.get(to - 1).to() || next.to() - begin > MOST_ROWS) {
          break;
        }
      }
      chunks.add(steps.subList(from, to));
    }
    return chunks;
  }

  private static int end(List<TrainingStep> chunk) {
    return chunk.get(chunk.size() - 1).to();
  }

  private static int rows(List<TrainingStep> chunk) {
    return chunk.isEmpty() ? 0 : end(chunk) - chunk.get(0).from();
  }

  /** Waits for the running steps, and returns their measurements. */
  private double[] results(List<TrainingStep> running) {
    return measurements.download(rows(running));
  }

  private void tell(List<TrainingStep> steps, double[] results, Consumer<Measurement> progress) {
    for (TrainingStep step : steps) {
      int begin = steps.get(0).from();
      progress.accept(measurements.sum(results, step.from() - begin, step.to() - begin));
    }
  }
}
