package org.eqprop.cli;

import java.util.concurrent.Callable;
import org.eqprop.base.InputException;
import org.eqprop.dl4j.AnyModel;
import org.eqprop.model.ModelFile;
import org.eqprop.run.RunFolder;
import org.eqprop.storage.Storage;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description =
        "Write a model as a DL4J zip or as a safetensors file. Exporting a run's model and importing"
            + " it again loses nothing.")
final class ExportCommand implements Callable<Integer> {
  @Option(
      names = "--model",
      paramLabel = "MODEL",
      required = true,
      description = "a model file, a run folder, a saved Spark ML model or a DL4J zip")
  String model = "";

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      required = true,
      description = "dl4j or safetensors")
  ModelTarget.Format format = ModelTarget.Format.DL4J;

  @Mixin ModelTarget target = new ModelTarget();

  @Override
  public Integer call() {
    Storage storage = Spark.storage();
    target.check(storage);
    ModelFile read = AnyModel.read(storage, model);
    if (format == ModelTarget.Format.DL4J) {
      var unused = AnyModel.configuration(read, model);
      if (read.isCheckpoint()) {
        throw new InputException(
            model
                + ": a checkpoint, with the state of a training, which DL4J's format cannot hold:"
                + " expected a run's "
                + RunFolder.MODEL);
      }
    }
    target.write(storage, read, format);
    return 0;
  }
}
