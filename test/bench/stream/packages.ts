/** All that decides what a peer computes; CapyMOA needs no torch for its learners, and Java 17. */
export const packages = [
  'capymoa==0.15.1',
  'river==0.26.1',
  'lightgbm==4.7.0',
  'jpype1==1.7.1',
  'numpy==2.4.6',
  'pandas==2.3.3',
  'scikit-learn==1.9.1',
  'scipy==1.17.1',
]
