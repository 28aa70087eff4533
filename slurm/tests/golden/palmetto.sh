#!/bin/bash

# Parameters
#SBATCH --array=0-1000%20
#SBATCH --cpus-per-task=4
#SBATCH --error=/scratch/me/out/submissions/20260101T000000-abcdef/logs/%A_%a_0_log.err
#SBATCH --gpus-per-node=a100:1
#SBATCH --job-name=hw1-20260101T000000-abcdef-1
#SBATCH --mem=8192M
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=1
#SBATCH --open-mode=append
#SBATCH --output=/scratch/me/out/submissions/20260101T000000-abcdef/logs/%A_%a_0_log.out
#SBATCH --partition=work1
#SBATCH --requeue
#SBATCH --signal=USR2@180
#SBATCH --time=240

# setup
# At preemption Slurm terminates this shell too, which must live on to say how the task ended.
trap : TERM
module load anaconda3
# Whatever the lines above have set, a failure of the task must not end this shell.
set +e
export OMP_NUM_THREADS=4 MKL_NUM_THREADS=4 OPENBLAS_NUM_THREADS=4 NUMEXPR_NUM_THREADS=4

# command
export SUBMITIT_EXECUTOR=slurm
srun --unbuffered --cpus-per-task=4 /home/me/hw1/.venv/bin/python -P /scratch/me/out/submissions/20260101T000000-abcdef/entry.py /scratch/me/out/code/0123456789abcdef run /scratch/me/out/submissions/20260101T000000-abcdef 1001


# teardown
(status=$?; trap '' TERM; exec /home/me/hw1/.venv/bin/python -P /scratch/me/out/submissions/20260101T000000-abcdef/entry.py /scratch/me/out/code/0123456789abcdef end /scratch/me/out/submissions/20260101T000000-abcdef 1001 $status)
