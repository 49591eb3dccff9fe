package org.eqprop.backend.cuda;

import java.lang.ref.Cleaner;
import java.util.HashMap;
import java.util.Map;
import java.util.WeakHashMap;
import org.eqprop.data.ByteExamples;

/**
 * The pixels of image sets on GPUs. They are copied once, since the weights change from round to
 * round but the images do not, and freed when nothing refers to the set any more.
 */
final class CudaImages {
  private static final Cleaner CLEANER = Cleaner.create();
  private static final Map<ByteExamples, Map<CudaDevice, DeviceMemory>> SETS = new WeakHashMap<>();

  private CudaImages() {}

  /**
   * Returns the address of a set's pixels, [n · rows · columns] bytes; copies them on the first
   * call.
   */
  static synchronized long address(CudaStream stream, ByteExamples images) {
    CudaDevice device = stream.device();
    DeviceMemory memory =
        SETS.computeIfAbsent(images, set -> new HashMap<>())
            .computeIfAbsent(device, unused -> copied(stream, images));
    return memory.address();
  }

  private static DeviceMemory copied(CudaStream stream, ByteExamples images) {
    DeviceMemory copy = new DeviceMemory(stream.device(), images.pixels().length);
    CLEANER.register(images, copy::close);
    stream.upload(images.pixels(), copy.address());
    stream.synchronize(); // other streams may read it next
    return copy;
  }
}
