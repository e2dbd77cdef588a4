// Names a type of its own namespace that only its neighbour includes.
namespace lorahub::study {

int shots_of(const Trial& trial) { return trial.shots.count; }

}  // namespace lorahub::study
