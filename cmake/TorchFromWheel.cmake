# TorchFromWheel.cmake -- libtorch out of a PyPI torch wheel, without find_package(Torch)
# (whose config runs find_package(CUDA) and fails on a machine with no CUDA toolkit).
#   in : TORCH_DIR             .../site-packages/torch or a `pip install --target` dir (cache or env)
#        TORCHWHEEL_WITH_CUDA  ON: also make Torch::cuda (needs the nvidia-* wheels or a toolkit)
#   out: Torch::c10  Torch::cpu  [Torch::c10_cuda  Torch::cuda]   TORCH_WHEEL_DIR TORCH_WHEEL_VERSION
# The wheels' libs carry DT_RPATH=$ORIGIN/../../nvidia/{cu13,cudnn,nccl,...}/lib:$ORIGIN, so wheels
# installed side by side find each other; only our binary needs a path, and CMake puts the
# imported libs' folder into its build rpath by itself.
option(TORCHWHEEL_WITH_CUDA "make Torch::cuda" OFF)
if(NOT TORCH_DIR)
  set(TORCH_DIR "${ASTERISM_DEPS}")
endif()
if(NOT TORCH_DIR)  # find_spec does not import torch: 30 ms, and no nvidia libs needed
  find_package(Python3 COMPONENTS Interpreter QUIET)
  execute_process(COMMAND "${Python3_EXECUTABLE}" -c
    "import importlib.util as u; s=u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')"
    OUTPUT_VARIABLE TORCH_DIR OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
find_path(TORCH_WHEEL_DIR NAMES lib/libtorch_cpu.so
  HINTS "${TORCH_DIR}" "${TORCH_DIR}/torch" NO_DEFAULT_PATH)
if(NOT TORCH_WHEEL_DIR)
  message(FATAL_ERROR "no torch wheel at TORCH_DIR='${TORCH_DIR}': pip install --no-deps --target DIR torch==2.11.0")
endif()
set(_th "${TORCH_WHEEL_DIR}/include/torch/headeronly/version.h")
if(NOT EXISTS "${_th}")
  set(_th "${TORCH_WHEEL_DIR}/include/torch/csrc/api/include/torch/version.h")
endif()
file(STRINGS "${_th}" _tv REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) [0-9]+")
string(REGEX REPLACE "[^0-9;]+" "" _tv "${_tv}")
string(REPLACE ";" "." TORCH_WHEEL_VERSION "${_tv}")

find_package(Threads REQUIRED)
function(_torch_lib name file)
  add_library(Torch::${name} SHARED IMPORTED GLOBAL)
  set_target_properties(Torch::${name} PROPERTIES IMPORTED_LOCATION "${TORCH_WHEEL_DIR}/lib/${file}")
  target_include_directories(Torch::${name} SYSTEM INTERFACE "${TORCH_WHEEL_DIR}/include"
    "${TORCH_WHEEL_DIR}/include/torch/csrc/api/include")
  # the linker need not chase libcudart/libcupti/libcublas of the libs we link
  target_link_options(Torch::${name} INTERFACE "LINKER:--unresolved-symbols=ignore-in-shared-libs")
endfunction()
_torch_lib(c10 libc10.so)
_torch_lib(cpu libtorch_cpu.so)
target_link_libraries(Torch::cpu INTERFACE Torch::c10 Threads::Threads)
target_compile_features(Torch::c10 INTERFACE cxx_std_20)
# c10d (TCPStore, ProcessGroup...) is compiled into the wheel; its headers ask for these
target_compile_definitions(Torch::cpu INTERFACE USE_DISTRIBUTED USE_C10D_GLOO)
# libtorch_cpu.so needs libcudart.so.13 + libcupti.so.13 even on CPU (kineto)
file(GLOB TORCH_CUDART "${TORCH_WHEEL_DIR}/../nvidia/*/lib/libcudart.so.*")
find_library(TORCH_TOOLKIT_CUDART cudart HINTS /usr/local/cuda/lib64)
if(NOT TORCH_CUDART AND NOT TORCH_TOOLKIT_CUDART)
  message(WARNING "programs will not start: pip install --no-deps nvidia-cuda-runtime nvidia-cuda-cupti beside torch")
endif()
if(TORCHWHEEL_WITH_CUDA)
  find_package(CUDAToolkit REQUIRED)  # headers only: cuda_runtime_api.h for ATen/cuda
  _torch_lib(c10_cuda libc10_cuda.so)
  _torch_lib(cuda libtorch_cuda.so)
  target_include_directories(Torch::c10_cuda SYSTEM INTERFACE ${CUDAToolkit_INCLUDE_DIRS})
  target_link_libraries(Torch::c10_cuda INTERFACE Torch::c10)
  target_link_libraries(Torch::cuda INTERFACE Torch::cpu Torch::c10_cuda)
  # kernels register themselves by static init: keep the lib though no symbol is used
  target_link_options(Torch::cuda INTERFACE "LINKER:--no-as-needed,${TORCH_WHEEL_DIR}/lib/libtorch_cuda.so")
endif()
message(STATUS "torch ${TORCH_WHEEL_VERSION} wheel: ${TORCH_WHEEL_DIR} (cuda targets: ${TORCHWHEEL_WITH_CUDA})")
