package org.eqprop.dynamics;

import org.eqprop.model.Topology;
import org.nd4j.linalg.api.buffer.DataType;

/** Which implementation relaxes. */
public enum Backend {
  /** The fastest that this machine runs. */
  AUTO,
  /** ND4J operations alone: runs on whatever ND4J backend is on the class path, CPU or CUDA. */
  ND4J;

  /** Returns what {@code AUTO} stands for here. */
  public Backend resolved() {
    return ND4J;
  }

  /**
   * Creates a relaxer with zero parameters.
   *
   * @param type {@link DataType#FLOAT} to train, {@link DataType#DOUBLE} to check
   */
  public Relaxer relaxer(Topology topology, Relaxation relaxation, DataType type) {
    return new Nd4jRelaxer(topology, relaxation, type);
  }
}
